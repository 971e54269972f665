import AtollLearning
import AtollNumerics
import Foundation
import Testing

@testable import AtollTraining

/// The same work as other people's software does, by the check values of the peer benchmarks.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ATOLL_SHARED"] != nil), .serialized)
struct PeerWorkloadTests {
  /// `bench/peers/DATA-SHA256.txt`.
  private func sums() throws -> [String: String] {
    let shared = try #require(ProcessInfo.processInfo.environment["ATOLL_SHARED"])
    let text = try String(
      contentsOf: URL(filePath: shared).appending(path: "bench/peers/DATA-SHA256.txt"), encoding: .utf8)
    return Dictionary(
      uniqueKeysWithValues: text.split(separator: "\n").map { line in
        let words = line.split(separator: " ")
        return (String(words[1]), String(words[0]))
      })
  }

  private func hash<Element>(_ array: [Element]) -> String {
    array.withUnsafeBytes { ContentHash(of: $0).hexadecimal }
  }

  @Test(arguments: [PeerWorkload.w1, .w2, .w3])
  func `generated data are the specified ones`(_ workload: PeerWorkload) throws {
    let sums = try sums()
    let arrays = workload.arrays()
    #expect(hash(arrays.features) == sums["\(workload)_x.f32"])
    #expect(hash(arrays.labels) == sums["\(workload)_y.i32"])
    #expect(
      hash((0..<100).flatMap { workload.cohort(round: $0).map(Int32.init) })
        == sums["\(workload)_cohorts.i32"])
    if !arrays.initial.isEmpty { #expect(hash(arrays.initial) == sums["\(workload)_init.f32"]) }
    if workload == .w1 { #expect(hash(arrays.offsets.map(Int32.init)) == sums["w1_off.i32"]) }
  }

  /// RESULTS.md, "Check values": loss of the new model on the first cohort's data and its distance from the start.
  @Test(arguments: [
    (PeerWorkload.w1, 4.120, 0.1626), (.w2, 0.6621, 0.07943), (.w3, 2.293, 0.3012),
  ])
  func `the first round gives the check values`(_ workload: PeerWorkload, _ loss: Double, _ distance: Double)
    throws
  {
    let arrays = workload.arrays()
    let network = Network(try workload.architecture)
    let start = workload.initialParameters(of: network, from: arrays)
    let clients = workload.cohort(round: 0).map { workload.dataset(of: $0, in: arrays) }
    for fused in [true, false] {
      let trainer = GradientTrainer(network, kernels: .active, fusesPlainDescent: fused)
      let plan = LocalTraining(
        loss: .crossEntropy, learningRate: workload == .w2 ? 0.1 : 0.05,
        batchSize: .rows(workload == .w2 ? 16 : 10),
        shuffle: false)
      var sum = [Double](repeating: 0, count: network.layout.count)
      var examples = 0
      let clock = ContinuousClock()
      var seconds = Duration.zero
      for client in clients {
        var trained: TrainedModel?
        seconds += try clock.measure {
          trained = try trainer.train(
            from: start, on: client, plan: plan, learningRate: plan.learningRate,
            coins: TrainingCoins(seed: 1))
        }
        let model = try #require(trained)
        for index in sum.indices {
          sum[index] += Double(model.examples) * Double(model.parameters.values[index])
        }
        examples += model.examples
      }
      let mean = ParameterSet(layout: network.layout, values: sum.map { Float($0 / Double(examples)) })
      let moved = zip(mean.values, start.values).reduce(0) {
        $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
      }
      let pooled = try #require(Dataset.concatenating(clients))
      let found = network.meanLoss(of: Objective(.crossEntropy), on: pooled, at: mean, using: Workspace())
      print(
        "\(workload)", fused ? "fused" : "gradient", "loss", found, "distance", moved.squareRoot(),
        "samples/s", Double(examples) / (seconds / .seconds(1)), "clients/s",
        Double(clients.count) / (seconds / .seconds(1)))
      // To the digits printed.
      #expect(abs(found - loss) <= (workload == .w2 ? 0.00005 : 0.0005))
      #expect(abs(moved.squareRoot() - distance) <= (workload == .w2 ? 0.000005 : 0.00005))
    }
  }
}
