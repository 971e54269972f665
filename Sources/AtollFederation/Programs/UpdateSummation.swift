import AtollLearning
import AtollNumerics
import AtollTraining

/// A rule that sends the change of the model and nothing else, remembers nothing, and trains in one go.
protocol PlainRule: LocalRule {
  /// What it adds to each gradient.
  var correction: GradientCorrection { get }
}

/// Trains participant after participant by gradient descent and adds the changes up.
///
/// Nothing is allocated for a participant: it is trained in the trainer's memory, and its change is encoded from there.
final class UpdateSummation: Summation {
  private let preparation: Preparation
  private let weighting: Weighting
  private let training: TrainingRound
  private let round: Int
  private let trainer: GradientTrainer
  private let checked: ModelArchitecture?
  private let asker: Asker
  private let update: SumSpec
  /// Made while the participant before was at work.
  private var ahead: (participant: ParticipantID, examples: Dataset)?

  /// Nil where the exchange takes other sums than the question gives.
  init?<Rule>(_ question: TrainQuery<Rule>, correction: GradientCorrection, for asker: Asker) {
    guard asker.sums.count == 1, let sum = asker.sums.first, sum.name == .update, sum.weighted,
      sum.count == question.model.layout.count
    else { return nil }
    trainer = asker.workbench.tool { TrainerBench() }.trainer(for: question.architecture)
    precondition(question.model.layout == trainer.model.layout, "a question has a model of its architecture")
    training = TrainingRound(
      start: question.ownModel(in: trainer.model.layout), plan: question.training,
      learningRate: question.learningRate, classWeights: question.classWeights, correction: correction)
    // Atoll's own models look at their examples themselves.
    if case .own = question.architecture.kind { checked = question.architecture } else { checked = nil }
    preparation = question.preparation
    weighting = question.weighting
    round = question.round
    update = sum
    self.asker = asker
  }

  func add(
    _ participant: ParticipantID, _ data: LocalData, before next: (ParticipantID, LocalData)?,
    to sum: inout ExactSum
  ) throws {
    let examples = try examples(of: participant, data)
    expect(next)
    let rows = examples.count
    // Without rows there is nothing to say, and that is said with weight 0.
    guard rows > 0 else { return sum.endTerm(weight: 0) }
    if let checked { try checked.check(examples) }
    let weight = weighting == .rows ? rows : 1
    do {
      var coins = TrainingCoins(seed: asker.seed, round: round, participant: participant.name)
      coins.insecureSeed = asker.insecureSeed
      let change = try trainer.change(
        in: training, on: examples, coins: coins,
        shouldStop: asker.isCancelled)
      try asker.exchange.protection.add(
        change, weight: weight, as: update, of: asker.exchange.query, to: &sum)
    } catch let error as TrainingError {
      throw RunFailure(error, round: round)
    }
  }

  private func examples(of participant: ParticipantID, _ data: LocalData) throws -> Dataset {
    if let ahead, ahead.participant == participant { return ahead.examples }
    return try preparation.examples(of: data, .training)
  }

  private func expect(_ next: (participant: ParticipantID, data: LocalData)?) {
    ahead = nil
    // An error shows when the participant's turn has come.
    guard let next, let examples = try? preparation.examples(of: next.data, .training) else { return }
    trainer.expect(examples)
    ahead = (next.participant, examples)
  }
}
