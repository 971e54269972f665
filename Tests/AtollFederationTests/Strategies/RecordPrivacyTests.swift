import AtollLearning
import AtollNumerics
import AtollTraining
import Testing

@testable import AtollFederation

struct RecordPrivacyTests {
  private struct Idle: Trainer {
    func train(_ work: TrainingWork) throws -> TrainedModel {
      TrainedModel(parameters: work.start, examples: work.examples.count, meanLoss: 0)
    }
    func gradient(_ work: TrainingWork) throws -> ParameterSet { work.start }
  }

  @Test func `a trainer of one's own is not asked where a plan wants privacy for records`() throws {
    let architecture = try ModelArchitecture(kind: .logistic, inputShape: [2], classes: 2)
    func session(_ privacy: RecordPrivacy?) -> LocalSession {
      LocalSession(
        TrainingWork(
          round: 0, architecture: architecture, start: ParameterSet(zeros: architecture.model.layout),
          plan: LocalTraining(loss: .crossEntropy, learningRate: 1, privacy: privacy), learningRate: 1,
          classWeights: nil, workbench: Workbench()),
        engine: .own(Idle()))
    }
    _ = try session(nil).train()
    _ = try session(nil).gradient()
    let asked = session(
      try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.5, steps: 1))
    #expect(throws: RunFailure.self) { try asked.train() }
    #expect(throws: RunFailure.self) { try asked.gradient() }
  }
}
