import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollScenarios
import AtollStore
import Foundation
import Testing

@testable import AtollTraining

struct PrivateLearningTests {
  private func accuracy(_ network: Network, _ model: ParameterSet, on dataset: Dataset) -> Double {
    guard case .classes(let labels, _) = dataset.targets else { return 0 }
    let predictions = network.predictions(at: model, for: dataset, using: Workspace())
    let width = network.architecture.outputCount
    let hits = labels.indices.filter { row in
      let own = predictions[row * width..<(row + 1) * width]
      return labels[row]
        == (width == 1 ? (own.first! > 0.5 ? 1 : 0) : Int32(own.firstIndex(of: own.max()!)! - own.startIndex))
    }
    return Double(hits.count) / Double(labels.count)
  }

  /// 569 patients, the columns scaled by all of them (no part of what privacy covers here); every fifth is kept for the
  /// test.
  @Test func `logistic regression tells tumours apart with a moderate epsilon`() throws {
    let rows = BreastTumours.csv.split(separator: "\n").dropFirst().map { line in
      line.split(separator: ",").map { Float($0)! }
    }
    let columns = (0..<30).map { column in
      let values = rows.map { Double($0[column]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
        .squareRoot()
      return values.map { Float(($0 - mean) / deviation) }
    }
    func dataset(_ chosen: [Int]) -> Dataset {
      Dataset(
        inputShape: [30], features: chosen.flatMap { row in columns.map { $0[row] } },
        targets: .classes(chosen.map { Int32(rows[$0][30]) }, count: 2))
    }
    let train = dataset(rows.indices.filter { $0 % 5 != 0 }),
      test = dataset(rows.indices.filter { $0 % 5 == 0 })
    let privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 3.2, samplingRate: 0.25, steps: 150)
    let guarantee = try PrivacyAccounting.epsilon(of: privacy.event, delta: 1e-4, relation: .zeroOut)
    #expect(guarantee.epsilon < 4)
    let network = Network(try ModelArchitecture(kind: .logistic, inputShape: [30], classes: 2))
    let plan = LocalTraining(loss: .crossEntropy, learningRate: 1, privacy: privacy)
    let accuracies = try (1...5).map { (seed: UInt64) in
      let trained = try GradientTrainer(network, insecureSeed: seed).train(
        from: ParameterSet(zeros: network.layout), on: train, plan: plan, learningRate: 1,
        coins: TrainingCoins(seed: 1))
      return accuracy(network, trained.parameters, on: test)
    }
    #expect(accuracies.min()! > 0.93, "\(accuracies)")
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ATOLL_SHARED"] != nil))
  func `a small convolutional network learns digits`() throws {
    let shared = try #require(ProcessInfo.processInfo.environment["ATOLL_SHARED"])
    func digits(_ name: String, _ count: Int) throws -> Dataset {
      let path = "\(shared)/data/images/mnist/\(name)"
      let images = try IDXArray(idx: path + "-images-idx3-ubyte.gz", dimensions: 3)
      let labels = try IDXArray(idx: path + "-labels-idx1-ubyte.gz", dimensions: 1)
      guard case .bytes(let pixels) = images.elements, case .bytes(let digits) = labels.elements else {
        throw TrainingError(.data, "images and labels are bytes")
      }
      return Dataset(
        inputShape: [28, 28, 1],
        features: pixels.prefix(count * 784).map { (Float($0) / 255 - 0.1307) / 0.3081 },
        targets: .classes(digits.prefix(count).map(Int32.init), count: 10))
    }
    let network = Network(try ModelArchitecture(kind: smallNetwork, inputShape: [28, 28, 1], classes: 10))
    var coins = RandomStream(seed: 3, purpose: .initialModel)
    let privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.02, steps: 250)
    let plan = LocalTraining(loss: .crossEntropy, learningRate: 1, privacy: privacy)
    let trained = try GradientTrainer(network, insecureSeed: 1).train(
      from: network.initialParameters(using: &coins), on: digits("train", 12_000), plan: plan,
      learningRate: 1,
      coins: TrainingCoins(seed: 1))
    let found = accuracy(network, trained.parameters, on: try digits("t10k", 2_000))
    #expect(found > 0.88, "\(found)")
  }

  /// Two convolutions with bounded activations, after N. Papernot et al., "Tempered sigmoid activations for deep learning
  /// with differential privacy", 2021, arXiv:2007.14191: 13,722 parameters.
  private let smallNetwork = ModelKind.cnn(layers: [
    .convolution(channels: 16, kernel: 8, stride: 2, padding: 3), .activation(.tanh),
    .maxPooling(window: 2, stride: 2), .convolution(channels: 32, kernel: 4), .activation(.tanh),
    .maxPooling(window: 2, stride: 2), .dense(units: 32), .activation(.tanh),
  ])
}
