/// One program after the other: the second starts from the first one's outcome.
public struct Chain<First: FederatedProgram, Second: StartsFrom>: FederatedProgram
where Second.Input == First.Outcome {
  private enum Phase: Codable, Sendable {
    case first(First, Second.Plan)
    case second(Second)
    /// Only while it changes, so that what is as large as a model is changed where it lies.
    case changing
  }
  private var phase: Phase

  public static var kind: String { "\(First.kind) > \(Second.kind)" }

  /// The first program, and what the second one must know before it starts.
  public init(_ first: First, then plan: Second.Plan) { phase = .first(first, plan) }

  public func next() throws -> Step<Second.Outcome> {
    switch phase {
    case .changing: preconditionFailure("a program is not asked while it changes")
    case .second(let second): return try second.next()
    case .first(let first, let plan):
      switch try first.next() {
      case .exchange(let exchange): return .exchange(exchange)
      // The first is done before any exchange (nothing to fit): the second speaks at once.
      case .finish(let outcome): return try Second(plan, from: outcome).next()
      }
    }
  }

  public mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    let before = phase
    phase = .changing
    return try absorb(result, before)
  }

  private mutating func absorb(_ result: ExchangeResult, _ before: consuming Phase) throws -> StepReport {
    switch consume before {
    case .changing: preconditionFailure("a program takes one result at a time")
    case .second(var second):
      defer { phase = .second(second) }
      return try second.absorb(result)
    case .first(var first, let plan):
      phase = .first(first, plan)
      if case .finish(let outcome) = try first.next() {
        phase = .second(try Second(plan, from: outcome))
        return try absorb(result)
      }
      let progress = try first.absorb(result)
      phase = .first(first, plan)
      return progress
    }
  }
}

/// A program that has a model before it ends.
package protocol ModelInProgress {
  /// The model so far; nil where training has not begun.
  var modelSoFar: LearnedModel? { get }
}

extension Training: ModelInProgress {
  package var modelSoFar: LearnedModel? { outcome }
}

extension Chain: ModelInProgress where Second: ModelInProgress {
  package var modelSoFar: LearnedModel? {
    if case .second(let second) = phase { second.modelSoFar } else { nil }
  }
}
