/// Why a model cannot be built, or cannot learn from the data at hand.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of mistake it is.
  public struct Code: Hashable, Sendable {
    private enum Value { case input, output, layer, size, loss, data }
    private let value: Value

    /// The model cannot take inputs of this shape.
    public static let input = Code(value: .input)
    /// The model does not predict targets of this kind.
    public static let output = Code(value: .output)
    /// A layer does not fit what comes before it.
    public static let layer = Code(value: .layer)
    /// The model would be too large.
    public static let size = Code(value: .size)
    /// The model cannot be trained with this loss.
    public static let loss = Code(value: .loss)
    /// The examples are not of the kind that the model was built for.
    public static let data = Code(value: .data)
  }

  /// What kind of mistake it is, for programs.
  public let code: Code
  /// One sentence: what is wrong, where, and what to do.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
