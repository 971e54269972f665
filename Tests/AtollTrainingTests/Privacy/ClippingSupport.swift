import AtollLearning
import AtollNumerics
import AtollPrivacy

@testable import AtollTraining

/// A model, examples and a place to take gradients at, for clipping by the book and by the product.
struct ClippingCase: Sendable, CustomStringConvertible {
  let description: String
  let architecture: ModelArchitecture
  let loss: Loss
  let examples: Dataset
  let weights: [Float]

  init(_ task: TrainingCase, rows: Int = 9) {
    description = task.description
    architecture = task.architecture
    loss = task.plan.loss
    examples = task.examples(rows, seed: 5)
    var coins = RandomStream(seed: 11, purpose: .initialModel)
    weights = (0..<Network(task.architecture).layout.count).map { _ in Float(0.3 * coins.normal()) }
  }

  /// Every kind of model, and every stage that a network may have.
  static func all() throws -> [ClippingCase] {
    let apart = ModelKind.cnn(layers: [
      .maxPooling(window: 2, stride: 1), .convolution(channels: 4, kernel: 3, stride: 2, padding: 1),
      .activation(.tanh), .maxPooling(window: 2, stride: 1),
      .convolution(channels: 3, kernel: 2, stride: 1, padding: 0),
      .activation(.sigmoid), .dense(units: 5), .activation(.relu),
    ])
    let pooled = ModelKind.cnn(layers: [
      .convolution(channels: 6, kernel: 5, stride: 1, padding: 2), .activation(.relu),
      .maxPooling(window: 2, stride: 2), .convolution(channels: 9, kernel: 3, stride: 1, padding: 1),
      .activation(.relu), .maxPooling(window: 2, stride: 2),
    ])
    let more = [
      try TrainingCase("softmax", .softmax, [7], classes: 3, .crossEntropy),
      try TrainingCase("linear, absolute error", .linear, [7], classes: nil, .absoluteError),
      try TrainingCase("pooling apart from convolution", apart, [8, 8, 2], classes: 10, .crossEntropy),
      try TrainingCase("convolution and pooling twice", pooled, [8, 8, 1], classes: 10, .crossEntropy),
    ]
    return (try TrainingCase.all() + more).map { ClippingCase($0) }
  }

  var objective: Objective { Objective(loss) }
  var network: Network { Network(architecture) }

  /// The gradient of each example, by the model's own pass over that example alone.
  func gradients(_ objective: Objective? = nil) -> [[Float]] {
    let network = network
    return examples.withBatch { batch in
      (0..<batch.rows).map { row in
        var gradient = [Float](repeating: 0, count: weights.count)
        _ = network.addGradient(
          of: objective ?? self.objective, on: batch.slice(from: row, count: 1), share: 1, at: weights,
          to: &gradient, using: Workspace())
        return gradient
      }
    }
  }

  /// What clipping gives for some rows, all of them if nothing else is said.
  func clipped(
    _ clippingNorm: Double, rows: [Int]? = nil, _ objective: Objective? = nil, kernels: Kernels = .active
  ) -> (sum: [Float], norms: [Double]) {
    let clipping = gradientClipping(of: Network(architecture, kernels: kernels), kernels: kernels)
    return clip(
      clipping, objective ?? self.objective, rows.map { examples.rows($0) } ?? examples, clippingNorm, weights
    )
  }
}

func clip(
  _ clipping: any GradientClipping, _ objective: Objective, _ examples: Dataset, _ clippingNorm: Double,
  _ weights: [Float]
) -> (sum: [Float], norms: [Double]) {
  var sum = [Float](repeating: .nan, count: weights.count)
  examples.withBatch {
    clipping.sum(of: objective, on: $0, clippingNorm: clippingNorm, at: weights, into: &sum)
  }
  return (sum, clipping.norms)
}

/// Σ min(1, C / ‖g‖)·g in double.
func naiveSum(_ gradients: [[Float]], clippingNorm: Double) -> [Double] {
  var sum = [Double](repeating: 0, count: gradients.first?.count ?? 0)
  for gradient in gradients {
    let factor = min(1, clippingNorm / norm(gradient))
    for index in sum.indices { sum[index] += factor * Double(gradient[index]) }
  }
  return sum
}

func norm(_ vector: some Sequence<Float>) -> Double { norm(vector.map(Double.init)) }
func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

extension Dataset {
  /// Some rows, in the order given.
  func rows(_ chosen: [Int]) -> Dataset {
    let width = inputCount
    let picked: Targets =
      switch targets {
      case .values(let values): .values(chosen.map { values[$0] })
      case .classes(let labels, let count): .classes(chosen.map { labels[$0] }, count: count)
      }
    return Dataset(
      inputShape: inputShape, features: chosen.flatMap { features[$0 * width..<($0 + 1) * width] },
      targets: picked)
  }

  /// The same with other features in one row.
  func replacing(_ row: Int, _ value: (Int) -> Float) -> Dataset {
    let width = inputCount
    var features = features
    for column in 0..<width { features[row * width + column] = value(column) }
    return Dataset(inputShape: inputShape, features: features, targets: targets)
  }
}

/// Features that no sensor gives: huge, tiny, all zero, signs in turn, of all sizes, and not numbers at all.
let extremeRows: [@Sendable (Int) -> Float] = [
  { _ in 1e19 }, { _ in 3e38 }, { _ in 1e-30 }, { _ in 0 }, { $0 % 2 == 0 ? 1e8 : -1e8 },
  { Float(sign: $0 % 3 == 0 ? .minus : .plus, exponent: $0 * 7 % 200 - 100, significand: 1.25) },
  { $0 == 0 ? .infinity : 1 }, { _ in .nan },
]
