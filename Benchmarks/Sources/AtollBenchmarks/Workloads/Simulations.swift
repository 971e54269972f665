import AtollFederation
import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollSimulation
import AtollTesting
import AtollTraining
import Synchronization

/// W1, W2, W3: the whole simulator, from the cohort of a round to its commit.
enum SimulationBenchmark {
  static func rows(of workload: PeerWorkload, threads: Int, rounds: Int) throws -> [Row] {
    let offsets = workload.offsets
    var data: [ParticipantID: LocalData] = [:]
    for client in 0..<workload.clients {
      let examples = workload.dataset(offsets[client]..<offsets[client + 1])
      data[workload.participant(client)] = LocalData(
        .examples(training: examples, heldOut: workload.dataset(0..<0)))
    }
    _ = PeerCohorts.of(workload.rawValue)
    let clock = ContinuousClock()
    let commits = Mutex<[ContinuousClock.Instant]>([])
    let program = try PeerTraining(workload, rounds: rounds)
    let simulation = Simulation(
      of: MemoryPopulation(data), workers: .training, store: MemoryRunStore(keepsRecords: false),
      header: ContentHash(of: [UInt8]("benchmark".utf8)),
      options: Simulation.Options(seed: 1, threads: threads))
    let model = try simulation.run(program) { event in
      if case .committed = event { commits.withLock { $0.append(clock.now) } }
    }
    let times = commits.withLock { $0 }
    // The first round warms up.
    let rates = (1..<rounds).map { round in
      let cohort = workload.cohort(round: round)
      let work = workload == .w2 ? cohort.count : cohort.reduce(0) { $0 + offsets[$1 + 1] - offsets[$1] }
      return Double(work) / ((times[round] - times[round - 1]) / .seconds(1))
    }
    let unit = workload == .w2 ? "participants/s" : "samples/s"
    let checks = try check(model, of: workload, data: data)
    guard case .rows(let batch) = workload.training.batchSize else { return [] }
    return [
      Row(
        "\(workload)".uppercased(), threads: threads, batch: batch, Spread(of: rates), unit,
        checks: checks.merging(["rounds": Double(rounds)]) { $1 })
    ]
  }

  /// Loss of the model on the first cohort's data, and its distance from the start: RESULTS.md has them for some rounds.
  private static func check(
    _ model: ParameterSet, of workload: PeerWorkload, data: [ParticipantID: LocalData]
  ) throws -> [String: Double] {
    let network = Network(try workload.architecture)
    let workspace = Workspace()
    var (loss, count) = (0.0, 0)
    for participant in PeerCohorts.of(workload.rawValue)[0] {
      guard case .examples(let examples, _)? = data[participant]?.contents else { continue }
      loss +=
        network.meanLoss(of: Objective(.crossEntropy), on: examples, at: model, using: workspace)
        * Double(examples.count)
      count += examples.count
    }
    let start = workload.initialParameters(of: network)
    let squares = zip(model.values, start.values).reduce(0.0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }
    return ["loss": loss / Double(count), "distance": squares.squareRoot()]
  }
}
