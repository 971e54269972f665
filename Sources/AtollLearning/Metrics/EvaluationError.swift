/// Why a model cannot be evaluated.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of mistake it is.
  public struct Code: Hashable, Sendable {
    private enum Value { case notFinite, outOfRange, label, rows, metric, overflow }
    private let value: Value
    /// A prediction, target or loss is infinite or not a number.
    public static let notFinite = Code(value: .notFinite)
    /// A probability outside 0...1, or a sum beyond its bound.
    public static let outOfRange = Code(value: .outOfRange)
    /// A label that is no class.
    public static let label = Code(value: .label)
    /// More rows than agreed, or not as many predictions as labels.
    public static let rows = Code(value: .rows)
    /// A metric that this kind of model does not have.
    public static let metric = Code(value: .metric)
    /// Sums of the agreed size could overflow.
    public static let overflow = Code(value: .overflow)
  }

  /// What kind of mistake it is, for programs.
  public let code: Code
  /// What is wrong, one sentence without a full stop.
  public let message: String
  /// The offending row, counted from 0, where there is one.
  public let row: Int?

  public init(code: Code, message: String, row: Int? = nil) {
    self.code = code
    self.message = message
    self.row = row
  }

  public var description: String { message }
}
