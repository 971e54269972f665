import AtollFederation
import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollSimulation
import AtollTraining
import Synchronization

/// What 100,000 participants cost in memory, whose data are made when they are asked for.
enum VirtualParticipantsBenchmark {
  static let participants = 100_000
  static let cohort = 1000

  /// A model of 1.2 million parameters; the figure is the peak of the process.
  static func modelRows(threads: Int) throws -> [Row] {
    try run(inputShape: [64], classes: 2, hidden: [1152, 976], rounds: 3, threads: threads)
    let peak = Spread(of: [Double(PeakMemory.bytes) / 1_048_576])
    return [Row("memory-model", threads: threads, peak, "MB")]
  }

  /// A small model over 1,000 rounds; the figure is what the peak grew by after the hundredth.
  static func roundRows(threads: Int) throws -> [Row] {
    let early = Mutex(0)
    try run(inputShape: [16], classes: 2, hidden: [], rounds: 1000, threads: threads) { round in
      if round == 100 { early.withLock { $0 = PeakMemory.bytes } }
    }
    let growth = Double(PeakMemory.bytes - early.withLock { $0 }) / 1_048_576
    return [Row("memory-rounds", threads: threads, Spread(of: [growth]), "MB")]
  }

  private static func run(
    inputShape: [Int], classes: Int, hidden: [Int], rounds: Int, threads: Int,
    committed: @escaping @Sendable (_ rounds: Int) -> Void = { _ in }
  ) throws {
    let training = LocalTraining(loss: .crossEntropy, learningRate: 0.05, batchSize: .rows(8))
    let plan = TrainingPlan(
      model: hidden.isEmpty ? .logistic : .mlp(hidden: hidden, activation: .relu), strategy: FedAvg(),
      training: training, rounds: rounds, cohort: .count(cohort),
      evaluation: EvaluationPlan(every: rounds, metrics: [.accuracy], perSite: false), seed: 1)
    let program = try Training(plan, from: Preparation(inputShape: inputShape, classes: classes))
    let simulation = Simulation(
      of: VirtualPopulation(count: participants, inputShape: inputShape), workers: .training,
      store: MemoryRunStore(keepsRecords: false), header: ContentHash(of: [UInt8]("benchmark".utf8)),
      options: Simulation.Options(seed: 1, threads: threads))
    let commits = Mutex(0)
    _ = try simulation.run(program) { event in
      guard case .committed = event else { return }
      committed(
        commits.withLock {
          $0 += 1
          return $0
        })
    }
  }
}

/// Participants that exist while they are looked at: their rows follow from their names.
private struct VirtualPopulation: Population {
  let participants: [ParticipantID]
  private let inputShape: [Int]

  init(count: Int, inputShape: [Int]) {
    self.inputShape = inputShape
    participants = (0..<count).map { number in
      let digits = String(number)
      // Safe because digits are lawful.
      return ParticipantID(String(repeating: "0", count: 6 - digits.count) + digits)!
    }
  }

  func data(of participant: ParticipantID) -> LocalData {
    var coins = RandomStream(seed: 5, purpose: .sample, participant: participant.name)
    let width = inputShape.reduce(1, *)
    func dataset(_ rows: Int) -> Dataset {
      let features = (0..<rows * width).map { _ in Float(2 * coins.uniform() - 1) }
      let labels = (0..<rows).map { row in features[row * width] > 0 ? Int32(1) : 0 }
      return Dataset(inputShape: inputShape, features: features, targets: .classes(labels, count: 2))
    }
    return LocalData(.examples(training: dataset(8), heldOut: dataset(1)))
  }
}
