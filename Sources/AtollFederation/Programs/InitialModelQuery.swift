package import AtollLearning
package import AtollNumerics

/// “With which model would you start?” The answers' mean is the first global model.
package struct InitialModelQuery: Query {
  package static let kind = "initial-model"

  package let architecture: ModelArchitecture
  package let format: FixedPoint

  package var reply: ReplyShape {
    .sums([SumSpec(.initialModel, count: architecture.model.layout.count, format: format)])
  }
}

/// Answers ``InitialModelQuery`` with a draw from the participant's own coins.
package struct InitialModelWorker: Worker {
  package init() {}

  package func answer(_ question: InitialModelQuery, in context: inout LocalContext) -> Reply {
    var coins = context.coins(for: .initialModel, round: 0)
    let model = question.architecture.model.initialParameters(using: &coins)
    return .sums(Contribution(sums: [.initialModel: .floats(model.values)]))
  }
}

extension SumSpec.Name {
  /// Σ of the participants' own initial models.
  package static let initialModel = Self(rawValue: "initial-model")
}
