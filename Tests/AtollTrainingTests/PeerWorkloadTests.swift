import AtollLearning
import AtollNumerics
import AtollTesting
import Foundation
import Testing

@testable import AtollTraining

/// The same work as other people's software does, by the check values of the peer benchmarks.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ATOLL_SHARED"] != nil), .serialized)
struct PeerWorkloadTests {
  @Test(arguments: [PeerWorkload.w1, .w2, .w3])
  func `generated data are the specified ones`(_ workload: PeerWorkload) throws {
    let sums = try sums()
    let all = workload.dataset(0..<(workload.offsets.last ?? 0))
    let cohorts = (0..<100).flatMap { workload.cohort(round: $0).map(Int32.init) }
    #expect(hash(all.features) == sums["\(workload)_x.f32"])
    #expect(hash(labels(of: all)) == sums["\(workload)_y.i32"])
    #expect(hash(cohorts) == sums["\(workload)_cohorts.i32"])
    if workload != .w2 { #expect(hash(workload.initialWeights) == sums["\(workload)_init.f32"]) }
    if workload == .w1 { #expect(hash(workload.offsets.map(Int32.init)) == sums["w1_off.i32"]) }
  }

  /// RESULTS.md, "Check values", to the digits printed there: loss of the new model on the first cohort's data, and its
  /// distance from the start. The distance of W1 hangs on single units of the network whose input is all but zero: with
  /// sums of 9,216 products in one chain it came out as 0.1622.
  @Test(arguments: [
    (PeerWorkload.w1, 4.120, 0.1626), (.w2, 0.6621, 0.07943), (.w3, 2.293, 0.3012),
  ])
  func `the first round gives the check values`(
    _ workload: PeerWorkload, _ loss: Double, _ distance: Double
  ) throws {
    let network = Network(try workload.architecture)
    let start = workload.initialParameters(of: network)
    let offsets = workload.offsets
    let clients = workload.cohort(round: 0).map { workload.dataset(offsets[$0]..<offsets[$0 + 1]) }
    let pooled = try #require(Dataset.concatenating(clients))
    let trainers = [true, false].map {
      GradientTrainer(network, kernels: .active, fusesPlainDescent: $0)
    }
    for trainer in trainers {
      let model = try round(of: workload.training, clients, from: start, trainer)
      let found = network.meanLoss(
        of: Objective(.crossEntropy), on: pooled, at: model, using: Workspace())
      let squares = zip(model.values, start.values).map { pow(Double($0) - Double($1), 2) }
      #expect(rounded(found, as: loss) == loss)
      #expect(rounded(squares.reduce(0, +).squareRoot(), as: distance) == distance)
    }
  }

  @Test(arguments: [PeerWorkload.w1, .w3])
  func `the fast kernels train a large network to the same bits`(_ workload: PeerWorkload) throws {
    let offsets = workload.offsets
    let client = workload.dataset(offsets[3]..<offsets[4])
    let models = try Kernels.available.filter { !$0.usesSoftwareFMA }.map { kernels in
      let network = Network(try workload.architecture, kernels: kernels)
      return try GradientTrainer(network, kernels: kernels).train(
        from: workload.initialParameters(of: network), on: client, plan: workload.training,
        learningRate: workload.training.learningRate, coins: TrainingCoins(seed: 1))
    }
    #expect(models.allSatisfy { $0 == models[0] })
  }

  private func labels(of dataset: Dataset) -> [Int32] {
    if case .classes(let labels, _) = dataset.targets { labels } else { [] }
  }

  /// One round: everyone trains from `start`; the mean is weighted by examples and taken in double.
  private func round(
    of plan: LocalTraining, _ clients: [Dataset], from start: ParameterSet, _ trainer: GradientTrainer
  ) throws -> ParameterSet {
    var sum = [Double](repeating: 0, count: start.layout.count)
    var examples = 0
    for client in clients {
      let model = try trainer.train(
        from: start, on: client, plan: plan, learningRate: plan.learningRate, coins: TrainingCoins(seed: 1))
      for index in sum.indices {
        sum[index] += Double(model.examples) * Double(model.parameters.values[index])
      }
      examples += model.examples
    }
    return ParameterSet(layout: start.layout, values: sum.map { Float($0 / Double(examples)) })
  }

  /// Four significant digits, as the table has them.
  private func rounded(_ found: Double, as printed: Double) -> Double {
    let unit = printed < 0.1 ? 1e5 : printed < 1 ? 1e4 : 1e3
    return (found * unit).rounded() / unit
  }

  /// `bench/peers/DATA-SHA256.txt`: the digest of each file.
  private func sums() throws -> [String: String] {
    let shared = try #require(ProcessInfo.processInfo.environment["ATOLL_SHARED"])
    let file = URL(filePath: shared).appending(path: "bench/peers/DATA-SHA256.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let words = line.split(separator: " ")
        return (String(words[1]), String(words[0]))
      })
  }

  private func hash<Element>(_ array: [Element]) -> String {
    array.withUnsafeBytes { ContentHash(of: $0).hexadecimal }
  }
}
