/// Why bytes are no model that we read.
public struct SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case truncated, headerTooLong, malformedHeader, duplicateName, unsupportedType, invalidShape,
        sizeMismatch,
        gap, overlap, trailingBytes, notFinite
    }
    private let value: Value
    /// The file ends before its header or its tensors do.
    public static let truncated = Code(value: .truncated)
    /// The header is longer than 100 MB.
    public static let headerTooLong = Code(value: .headerTooLong)
    /// The header is not the JSON that the format asks for.
    public static let malformedHeader = Code(value: .malformedHeader)
    /// Two tensors, or two keys, have one name.
    public static let duplicateName = Code(value: .duplicateName)
    /// A tensor's numbers are not of type F32.
    public static let unsupportedType = Code(value: .unsupportedType)
    /// A tensor has no elements, or more than can be counted.
    public static let invalidShape = Code(value: .invalidShape)
    /// A tensor's bytes do not fit its shape.
    public static let sizeMismatch = Code(value: .sizeMismatch)
    /// Bytes between two tensors belong to none.
    public static let gap = Code(value: .gap)
    /// Two tensors share bytes.
    public static let overlap = Code(value: .overlap)
    /// The file goes on after its last tensor.
    public static let trailingBytes = Code(value: .trailingBytes)
    /// A parameter is infinite or not a number.
    public static let notFinite = Code(value: .notFinite)
  }

  /// What kind of fault it is, for programs.
  public let code: Code
  /// One sentence: what is wrong, and where.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
