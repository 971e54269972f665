/// Why a participant could not train.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Hashable, Sendable {
    private enum Value { case plan, data, diverged, stopped }
    private let value: Value

    /// The plan asks for something impossible, such as batches of no rows.
    public static let plan = Code(value: .plan)
    /// The examples do not fit the model, or there are none.
    public static let data = Code(value: .data)
    /// The loss or a parameter became infinite or not a number.
    public static let diverged = Code(value: .diverged)
    /// The caller asked to stop.
    public static let stopped = Code(value: .stopped)
  }

  /// What kind of failure it is, for programs.
  public let code: Code
  /// One sentence: what is wrong, where, and what to do.
  public let message: String

  /// - Parameters:
  ///   - code: what kind of failure it is.
  ///   - message: one sentence for the person who runs the task.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }

  static func classWeights(_ count: Int, classes: Int) -> TrainingError {
    TrainingError(.plan, "class-weights has \(count) numbers, and there are \(classes) classes")
  }
}
