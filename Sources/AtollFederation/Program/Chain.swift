/// One program after the other: the second starts from the first one's outcome.
public struct Chain<First: FederatedProgram, Second: StartsFrom>: FederatedProgram
where Second.Input == First.Outcome {
  private enum Phase: Codable, Sendable {
    case first(First, Second.Plan)
    case second(Second)
  }
  private var phase: Phase

  public static var kind: String { "\(First.kind) > \(Second.kind)" }

  /// The first program, and what the second one must know before it starts.
  public init(_ first: First, then plan: Second.Plan) { phase = .first(first, plan) }

  public func next() throws -> Step<Second.Outcome> {
    switch phase {
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
    switch phase {
    case .second(var second):
      let progress = try second.absorb(result)
      phase = .second(second)
      return progress
    case .first(var first, let plan):
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
