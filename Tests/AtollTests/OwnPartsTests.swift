import Atoll
import AtollTesting
import Foundation
import Testing

/// Strategies, models and trainers of one's own in the whole machine: public API only.
@Suite struct OwnPartsTests {
  /// Logistic regression, written anew: what Atoll's own is compared with.
  struct OwnLogistic: TaskModel {
    var inputs = 1
    var prediction: ModelArchitecture.Prediction { .probability }
    var layout: ParameterLayout { ParameterLayout([("weight", [inputs]), ("bias", [1])]) }

    func shaped(for examples: ExampleShape) -> Self { Self(inputs: examples.inputCount) }

    func addGradient(
      of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
      to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
    ) -> Double {
      guard case .classes(let labels) = batch.targets else { return .nan }
      var loss = 0.0
      for row in 0..<batch.rows {
        let x = batch.features + row * inputs
        var score = Double(parameters[inputs])
        for column in 0..<inputs { score += Double(parameters[column]) * Double(x[column]) }
        let sign = labels[row] == 1 ? 1.0 : -1.0
        let wrong = 1 / (1 + Elementary.exp(sign * score))
        loss -= Elementary.log(1 - wrong)
        guard let gradient else { continue }
        let slope = share * Float(-sign * wrong)
        for column in 0..<inputs { gradient[column] += slope * x[column] }
        gradient[inputs] += slope
      }
      return loss
    }

    func predictions(at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace) -> [Float]
    {
      (0..<dataset.count).map { row in
        let score = (0..<inputs).reduce(Double(parameters.values[inputs])) {
          $0 + Double(parameters.values[$1]) * Double(dataset.features[row * inputs + $1])
        }
        return Float(1 / (1 + Elementary.exp(-score)))
      }
    }
  }

  static func task(_ model: ModelKind, _ strategy: StrategyKind = .fedAvg()) throws -> FederatedTask {
    try FederatedTask(.classification, label: "malignant", model: model, strategy: strategy, rounds: 3)
  }

  static let hospitals = Scenario.breastTumours.participants

  @Test func `a model of one's own learns in a federation what Atoll's learns`() throws {
    let own = try Study(Self.task(.own(OwnLogistic())), participants: Self.hospitals).run()
    let ours = try Study(Self.task(.logistic), participants: Self.hospitals).run()
    for metric in [Metric.accuracy, .auc, .loss] {
      let (left, right) = (try #require(own.evaluation?[metric]), try #require(ours.evaluation?[metric]))
      #expect(abs(left - right) < 1e-5, "\(metric)")
    }
    #expect(own.baselines.local.count == 4 && own.baselines.pooled != nil)
  }

  @Test func `a model and a strategy of one's own survive every kill, to the same bytes on any threads`()
    throws
  {
    let task = try Self.task(.own(OwnLogistic()), .own(Nesterov()))
    let data = try TaskData(task, participants: Self.hospitals)
    func check<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws -> (Int, Int) {
      let (_, exchanges, kills) = try ProgramConformance(
        population: MemoryPopulation(data.participants), workers: .training(task.extensions)
      ).check(program)
      return (exchanges, kills)
    }
    let (exchanges, kills) = try check(task.program())
    #expect(exchanges > 6 && kills == 2 * exchanges)
  }

  @Test func `a model of one's own is read where it is known, and refused with words where not`() throws {
    let folder = try StudyTests.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model = try Study(Self.task(.own(OwnLogistic())), participants: Self.hospitals).run().model
    try model.save(to: folder)
    let read = try LearnedModel(contentsOf: folder, models: ModelRegistry([OwnLogistic.self]))
    let table = try Table(csv: MemorySource(BreastTumours.csv, name: "tumours"))
    #expect(try read.predict(table).figures == model.predict(table).figures)
    let error = #expect(throws: StoreError.self) { try LearnedModel(contentsOf: folder) }
    #expect(error?.message.contains("no model is called own-logistic here") == true)
  }

  /// A rule of one's own: participants tell the squared length of their change beside the change.
  struct Measured: LocalRule {
    static let kind = "measured"
    func extraSums(count: Int, format: FixedPoint) -> [SumSpec] {
      [SumSpec(.lengths, count: 1, format: format)]
    }
    func update(_ session: inout LocalSession) throws -> LocalUpdate {
      let change = (try session.train().parameters - session.start).values
      return LocalUpdate(update: change, extras: [.lengths: [change.reduce(0) { $0 + $1 * $1 }]])
    }
  }

  struct Measuring: Strategy {
    var rule: Measured { Measured() }
    var lengths: [Double] = []
    mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
      model.add(try result.mean(.update))
      lengths += result.sum(.lengths)
      guard lengths.allSatisfy({ $0 > 0 }) else { throw RunFailure(.worker, "nothing was measured") }
    }
  }

  @Test func `a strategy with a rule of its own needs no registration in a study`() throws {
    let measured = try Study(Self.task(.logistic, .own(Measuring())), participants: Self.hospitals).run()
    let plain = try Study(Self.task(.logistic), participants: Self.hospitals).run()
    #expect(measured.model.parameters == plain.model.parameters)
  }

  // MARK: Trainers

  /// Gives back the model that came.
  struct Idle: Trainer {
    func train(_ work: TrainingWork) -> TrainedModel {
      TrainedModel(parameters: work.start, examples: work.examples.count, meanLoss: 0)
    }
  }

  struct Misshapen: Trainer {
    func train(_ work: TrainingWork) -> TrainedModel {
      let other = ParameterSet(zeros: ParameterLayout([("other", [1])]))
      return TrainedModel(parameters: other, examples: 1, meanLoss: 0)
    }
  }

  @Test func `what trains at a participant is a choice`() throws {
    let idle = try Study(Self.task(.logistic), participants: Self.hospitals, trainer: Idle()).run()
    #expect(idle.model.parameters.values.allSatisfy { $0 == 0 })
    let refused = #expect(throws: RunFailure.self) {
      try Study(Self.task(.logistic), participants: Self.hospitals, trainer: Misshapen()).run()
    }
    #expect(refused?.code == .shape && refused?.participant != nil)
    let noGradient = #expect(throws: RunFailure.self) {
      try Study(Self.task(.logistic, .fedSGD), participants: Self.hospitals, trainer: Idle()).run()
    }
    #expect(noGradient?.message.contains("Idle gives none") == true)
  }
}

extension SumSpec.Name {
  fileprivate static let lengths = Self(rawValue: "lengths")
}
