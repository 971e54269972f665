import AtollLearning
import AtollNumerics
import Testing

@testable import AtollTraining

/// Clipping in one pass against clipping one example after the other.
struct ClippingTests {
  @Test(arguments: try ClippingCase.all())
  func `the clipped sum is that of a loop over single examples`(_ task: ClippingCase) {
    let gradients = task.gradients()
    let norms = gradients.map(norm)
    // Half of the examples are clipped.
    for clippingNorm in [norms.sorted()[norms.count / 2], 1e-3, 1e6] {
      let (sum, found) = task.clipped(clippingNorm)
      #expect(
        isClose(sum, naiveSum(gradients, clippingNorm: clippingNorm), 1e-5 * max(1e-3, min(clippingNorm, 10)))
      )
      for (found, expected) in zip(found, norms) { #expect(abs(found - expected) <= 1e-5 * expected) }
    }
    #expect(norms.filter { $0 > 0 }.count > 5, "gradients of zero prove nothing")
  }

  @Test(arguments: try ClippingCase.all())
  func `a clipping norm beyond all gradients gives the plain gradient`(_ task: ClippingCase) {
    var plain = [Float](repeating: 0, count: task.weights.count)
    task.examples.withBatch { batch in
      _ = task.network.addGradient(
        of: task.objective, on: batch, share: 1, at: task.weights, to: &plain, using: Workspace())
    }
    #expect(isClose(task.clipped(0x1p30).sum, plain.map(Double.init), 2e-5))
  }

  @Test(arguments: try ClippingCase.all())
  func `no example adds more than the clipping norm, whatever it is`(_ task: ClippingCase) {
    for row in extremeRows {
      for clippingNorm in [0x1p-30, 0.1, 1, 0x1p30] {
        let extreme = task.examples.replacing(0, row)
        let clipping = gradientClipping(of: task.network, kernels: .active)
        let (sum, norms) = clip(clipping, task.objective, extreme.rows([0]), clippingNorm, task.weights)
        #expect(norm(sum) <= clippingNorm * (1 + 0x1p-20))
        if !norms[0].isFinite { #expect(sum.allSatisfy { $0 == 0 }, "without a norm it is left out") }
      }
    }
  }

  @Test(arguments: try ClippingCase.all())
  func `an example without a norm is as if it were absent`(_ task: ClippingCase) {
    for (row, value) in [(0, Float.nan), (4, .infinity), (8, .nan)] {
      let (sum, norms) = clip(
        gradientClipping(of: task.network, kernels: .active), task.objective,
        task.examples.replacing(row) { _ in value }, 0.5, task.weights)
      // max(0, ·) before pooling makes zeros of what is not a number: such an example has a norm.
      guard !norms[row].isFinite else {
        #expect(task.description.contains("cnn") || task.description.contains("pooling"))
        continue
      }
      #expect(sum == task.clipped(0.5, rows: (0..<9).filter { $0 != row }).sum)
    }
  }

  @Test(arguments: try ClippingCase.all())
  func `an example's norm has the same bits beside any others`(_ task: ClippingCase) {
    let together = task.clipped(1).norms
    for row in 0..<9 { #expect(task.clipped(1, rows: [row]).norms == [together[row]]) }
    #expect(task.clipped(1, rows: [8, 3, 3, 0]).norms == [8, 3, 3, 0].map { together[$0] })
  }

  @Test(arguments: try ClippingCase.all())
  func `every kernel level clips to the same bits`(_ task: ClippingCase) {
    let all = Kernels.available.map { task.clipped(0.7, kernels: $0) }
    #expect(all.allSatisfy { $0.sum == all[0].sum && $0.norms == all[0].norms })
  }

  @Test func `no example gives a sum of zeros`() throws {
    let task = try #require(try ClippingCase.all().first)
    #expect(task.clipped(1, rows: []).sum.allSatisfy { $0 == 0 })
  }

  @Test func `class weights multiply before clipping`() throws {
    let task = try #require(try ClippingCase.all().first { $0.description == "mlp, sgd" })
    let weighted = Objective(task.loss, classWeights: [0.125, 8, 1])
    let gradients = task.gradients(weighted)
    let clippingNorm = gradients.map(norm).sorted()[4]
    #expect(
      isClose(task.clipped(clippingNorm, weighted).sum, naiveSum(gradients, clippingNorm: clippingNorm), 1e-5)
    )
    #expect(
      norm(task.clipped(clippingNorm, rows: [0], Objective(task.loss, classWeights: [1e9, 1e9, 1e9])).sum)
        <= clippingNorm * (1 + 0x1p-20))
  }

  /// A network of two fully connected layers, in double from the first product to the last.
  @Test func `norms of a small network are those of its formulae in double`() throws {
    let architecture = try ModelArchitecture(
      kind: .mlp(hidden: [9], activation: .relu), inputShape: [6], classes: 3)
    let task = ClippingCase(try TrainingCase("", architecture.kind, [6], classes: 3, .crossEntropy), rows: 30)
    guard case .classes(let labels, _) = task.examples.targets else { return }
    let w = task.weights.map(Double.init)
    for (row, found) in task.clipped(1).norms.enumerated() {
      let x = task.examples.features[row * 6..<row * 6 + 6].map(Double.init)
      func layer(_ x: [Double], _ outputs: Int, at offset: Int) -> [Double] {
        (0..<outputs).map { (output: Int) -> Double in
          var sum = w[offset + x.count * outputs + output]
          for input in x.indices { sum += x[input] * w[offset + input * outputs + output] }
          return sum
        }
      }
      let hidden = layer(x, 9, at: 0).map { max(0, $0) }
      let weights = layer(hidden, 3, at: 63).map { Elementary.exp($0) }
      let total = weights.reduce(0, +)
      var slopes = weights.map { $0 / total }
      slopes[Int(labels[row])] -= 1
      let back = (0..<9).map { (unit: Int) -> Double in
        var sum = 0.0
        for output in 0..<3 { sum += slopes[output] * w[63 + unit * 3 + output] }
        return hidden[unit] > 0 ? sum : 0
      }
      func square(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 } }
      let expected = (square(slopes) * (square(hidden) + 1) + square(back) * (square(x) + 1)).squareRoot()
      #expect(abs(found / expected - 1) < 1e-5)
    }
  }

  @Test func `a model of one's own is clipped example by example`() throws {
    for task in try ClippingCase.all() {
      let own = Wrapped(network: task.network)
      let (sum, norms) = clip(
        gradientClipping(of: own, kernels: .active), task.objective, task.examples, 0.5, task.weights)
      #expect(isClose(sum, naiveSum(task.gradients(), clippingNorm: 0.5), 1e-5))
      #expect(zip(norms, task.gradients()).allSatisfy { abs($0 - norm($1)) <= 1e-9 })
      let poisoned = clip(
        gradientClipping(of: own, kernels: .active), task.objective, task.examples.replacing(2) { _ in .nan },
        0.5,
        task.weights)
      #expect(poisoned.sum.allSatisfy { $0.isFinite })
    }
  }

  /// A network that does not show its layers.
  private struct Wrapped: Model {
    let network: Network
    var layout: ParameterLayout { network.layout }
    func addGradient(
      of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
      to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
    ) -> Double {
      network.addGradient(
        of: objective, on: batch, share: share, at: parameters, to: gradient, using: workspace)
    }
    func predictions(
      at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace
    ) -> [Float] { network.predictions(at: parameters, for: dataset, using: workspace) }
  }
}
