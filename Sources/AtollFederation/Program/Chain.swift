/// One program after the other: the second starts from the first one's outcome.
public struct Chain<First: FederatedProgram, Second: StartsFrom>: FederatedProgram
where Second.Input == First.Outcome {
  private struct Opening {
    var program: First
    let plan: Second.Plan
  }

  /// One of the two is there. They lie beside each other, and are not cases of one value, so that what is as large as a
  /// model is changed where it lies.
  private var first: Opening?
  private var second: Second?

  public static var kind: String { "\(First.kind) > \(Second.kind)" }

  /// The first program, and what the second one must know before it starts.
  public init(_ first: First, then plan: Second.Plan) { self.first = Opening(program: first, plan: plan) }

  public func next() throws -> Step<Second.Outcome> {
    if let second { return try second.next() }
    guard let first else { preconditionFailure("a chain has one of its programs") }
    switch try first.program.next() {
    case .exchange(let exchange): return .exchange(exchange)
    // The first is done before any exchange (nothing to fit): the second speaks at once.
    case .finish(let outcome): return try Second(first.plan, from: outcome).next()
    }
  }

  public mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    if let first, case .finish(let outcome) = try first.program.next() {
      second = try Second(first.plan, from: outcome)
      self.first = nil
    }
    if let progress = try second?.absorb(result) { return progress }
    guard let progress = try first?.program.absorb(result) else {
      preconditionFailure("a chain has one of its programs")
    }
    return progress
  }
}

extension Chain {
  /// How a chain is written.
  private enum Phase: Codable {
    case first(First, Second.Plan)
    case second(Second)
  }

  private enum CodingKeys: CodingKey { case phase }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Phase.self, forKey: .phase) {
    case .first(let program, let plan): first = Opening(program: program, plan: plan)
    case .second(let program): second = program
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let second { try container.encode(Phase.second(second), forKey: .phase) }
    if let first { try container.encode(Phase.first(first.program, first.plan), forKey: .phase) }
  }
}

/// A program that has a model before it ends.
package protocol ModelInProgress {
  /// The model so far; nil where training has not begun.
  var modelSoFar: LearnedModel? { get }
}

extension FederatedProgram {
  /// What a run ends with that may not go on: the model of the last round; nil where there is none.
  package var finishedSoFar: Outcome? {
    guard let model = (self as? any ModelInProgress)?.modelSoFar, model.rounds > 0 else { return nil }
    return model as? Outcome
  }
}

extension Training: ModelInProgress {
  package var modelSoFar: LearnedModel? { outcome }
}

extension Chain: ModelInProgress where Second: ModelInProgress {
  package var modelSoFar: LearnedModel? {
    second?.modelSoFar
  }
}
