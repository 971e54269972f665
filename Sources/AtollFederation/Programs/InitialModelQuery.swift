public import AtollLearning
public import AtollNumerics

/// “With which model would you start?” The answers' mean is the first global model.
public struct InitialModelQuery: Query {
  public static let kind = "initial-model"

  public let architecture: ModelArchitecture
  public let format: FixedPoint

  public var reply: ReplyShape {
    .sums([SumSpec(.initialModel, count: architecture.model.layout.count, format: format)])
  }
}

/// Answers ``InitialModelQuery`` with a draw from the participant's own coins.
public struct InitialModelWorker: Worker {
  public init() {}

  public func answer(_ question: InitialModelQuery, in context: inout LocalContext) -> Reply {
    var coins = context.coins(for: .initialModel, round: 0)
    let model = question.architecture.model.initialParameters(using: &coins)
    return .sums(Contribution(sums: [.initialModel: .floats(model.values)]))
  }
}

extension SumSpec.Name {
  /// Σ of the participants' own initial models.
  public static let initialModel = Self(rawValue: "initial-model")
}
