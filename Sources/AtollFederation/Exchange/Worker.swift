public import FoundationEssentials

/// What answers a kind of question at the participant; a trainer is one.
public protocol Worker<Question>: Sendable {
  /// The kind of question that is answered.
  associatedtype Question: Query

  /// Answers one question.
  ///
  /// Not mutating: all that lasts is in `context.state`, which the driver rolls back when the exchange is discarded.
  func answer(_ question: Question, in context: inout LocalContext) throws -> Reply

  /// What answers one question for participant after participant on one thread.
  ///
  /// A worker with something to get ready for a question (a trainer, a copy of the model) does it here, once for all
  /// participants that the thread serves. By default there is nothing, and each is answered by ``answer(_:in:)``.
  ///
  /// - Parameters:
  ///   - question: what is asked.
  ///   - workbench: the thread's; that of all contexts that follow.
  func answerer(
    of question: Question, on workbench: Workbench
  ) throws -> (inout LocalContext) throws -> Reply
}

extension Worker {
  /// Answers each participant by itself.
  public func answerer(
    of question: Question, on workbench: Workbench
  ) throws -> (inout LocalContext) throws -> Reply {
    { context in try answer(question, in: &context) }
  }
}

/// An answer before protection.
public enum Reply: Sendable {
  /// Numbers that are added up.
  case sums(Contribution)
  /// Bytes that the server reads.
  case individual(Data)
  /// Messages that the server passes on.
  case messages([SealedMessage])
}

/// The numbers that a participant adds to the sums of an exchange.
public struct Contribution: Sendable {
  /// The multiplier of weighted sums, usually the number of rows.
  public var weight: Int
  /// The numbers, by the sum that they go into.
  public var sums: [SumSpec.Name: Numbers]

  /// Parameters come in single, statistics in double precision; counts are exact in either.
  public enum Numbers: Sendable {
    /// In single precision.
    case floats([Float])
    /// In double precision.
    case doubles([Double])
    /// Already encoded: multiples of 2^-fractionBits.
    case integers([Int64])

    var count: Int {
      switch self {
      case .floats(let numbers): numbers.count
      case .doubles(let numbers): numbers.count
      case .integers(let numbers): numbers.count
      }
    }
  }

  public init(weight: Int = 1, sums: [SumSpec.Name: Numbers]) {
    self.weight = weight
    self.sums = sums
  }
}
