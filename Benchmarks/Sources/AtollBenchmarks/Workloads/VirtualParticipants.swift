import AtollFederation
import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollSimulation
import AtollStore
import AtollTraining
import Foundation
import Synchronization

/// What 100,000 participants cost in memory, whose data are made when they are asked for.
enum VirtualParticipantsBenchmark {
  static let participants = 100_000
  static let cohort = 1000

  private static let header = RunHeader(
    atoll: "benchmark", task: .ofNothing, seed: 1, data: [:], participants: [])

  /// A model of 1.2 million parameters; the figure is the peak of the process.
  static func modelRows(threads: Int) throws -> [Row] {
    try run(inputShape: [64], classes: 2, hidden: [1152, 976], rounds: 3, threads: threads)
    let peak = Spread(of: [Double(PeakMemory.bytes) / 1_048_576])
    return [Row("memory-model", threads: threads, peak, "MB")]
  }

  /// A small model over 1,000 rounds; the figure is what the peak grew by after the hundredth.
  ///
  /// Rounds of training alone: an evaluation asks all 100,000 at once, and its list of names would hide what grows.
  static func roundRows(threads: Int) throws -> [Row] {
    let growth = try growth(
      rounds: 1000, after: 100, threads: threads, store: MemoryRunStore(keepsRecords: false))
    return [Row("memory-rounds", threads: threads, Spread(of: [growth()]), "MB")]
  }

  /// The same in a folder, with the manifest that is written at the end.
  static func folderRows(threads: Int) throws -> [Row] {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "atoll-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try RunDirectory(creating: folder.path, header: header, task: "")
    let growth = try growth(rounds: 1000, after: 100, threads: threads, store: run)
    try run.finish(model: ModelFile.Hashes(numbers: .ofNothing, description: .ofNothing))
    return [Row("memory-folder", threads: threads, Spread(of: [growth()]), "MB")]
  }

  /// - Returns: what tells, in MB, how much the peak has grown since the end of an early round.
  private static func growth(
    rounds: Int, after early: Int, threads: Int, store: any RunStore
  ) throws -> () -> Double {
    let peak = Mutex(0)
    let isOver = Atomic(false)
    do {
      try run(
        inputShape: [16], classes: 2, hidden: [], rounds: rounds + 1, threads: threads, store: store,
        isCancelled: { isOver.load(ordering: .relaxed) }
      ) { round in
        if round == early { peak.withLock { $0 = PeakMemory.bytes } }
        if round == rounds { isOver.store(true, ordering: .relaxed) }
      }
    } catch let failure as RunFailure where failure.code == .cancelled {
      // As planned.
    }
    let before = peak.withLock { $0 }
    return { Double(PeakMemory.bytes - before) / 1_048_576 }
  }

  private static func run(
    inputShape: [Int], classes: Int, hidden: [Int], rounds: Int, threads: Int,
    store: any RunStore = MemoryRunStore(keepsRecords: false),
    isCancelled: @escaping @Sendable () -> Bool = { false },
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
      store: store,
      header: try header.hash,
      options: Simulation.Options(seed: 1, threads: threads, isCancelled: isCancelled))
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
