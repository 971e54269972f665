import AtollFederation
import AtollNumerics
import Testing

/// One round of each strategy, computed by hand: two participants with 1 and 3 rows change a model of two numbers by
/// (1, −1) and (2, 1). The weighted mean is (1.75, 0.5), the plain one (1.5, 0).
@Suite struct StrategyTests {
  static let layout = ParameterLayout([(name: "weight", shape: [2])])

  func result(weights: [Int] = [1, 3], changes: [[Float]] = [[1, -1], [2, 1]]) throws -> ExchangeResult {
    let spec = SumSpec(
      .update, count: 2, format: try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20),
      weighted: true)
    var sum = ExactSum(counts: [2])
    for (weight, change) in zip(weights, changes) {
      let vector = try RingVector(change, weight: weight, as: spec.format)
      sum.add(ExactSum.Term(vectors: [vector], weight: Int64(weight)))
    }
    return ExchangeResult(contributors: ["a", "b"], cohort: 2, population: 4, shape: .sums([spec]), sum: sum)
  }

  func model() -> ParameterSet { ParameterSet(layout: Self.layout, values: [10, 20]) }

  func isClose(_ model: ParameterSet, _ expected: [Double]) -> Bool {
    zip(model.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 * max(1, abs($1)) }
  }

  @Test func `FedAvg adds the mean change, weighted by rows`() throws {
    var model = model()
    try FedAvg().apply(try result(), to: &model)
    #expect(model.values == [11.75, 20.5])
  }

  @Test func `FedAvg counts everyone the same when asked to`() throws {
    var model = model()
    #expect(FedAvg(weighting: .equal).weighting == .equal)
    try FedAvg(weighting: .equal).apply(try result(weights: [1, 1]), to: &model)
    #expect(model.values == [11.5, 20])
  }

  @Test func `FedSGD steps against the mean gradient`() throws {
    var model = model()
    try FedSGD(learningRate: 0.5).apply(try result(), to: &model)
    #expect(isClose(model, [10 - 0.5 * 1.75, 20 - 0.5 * 0.5]))
  }

  @Test func `FedProx adds the mean change; the pull is the participant's`() throws {
    var model = model()
    let strategy = FedProx(mu: 0.1)
    #expect(strategy.rule.mu == 0.1)
    try strategy.apply(try result(), to: &model)
    #expect(model.values == [11.75, 20.5])
  }

  @Test func `FedAvgM goes on with its momentum`() throws {
    var model = model()
    var strategy = FedAvgM(learningRate: 0.5, momentum: 0.9)
    try strategy.apply(try result(), to: &model)
    #expect(isClose(model, [10.875, 20.25]))
    try strategy.apply(try result(), to: &model)
    // v = 0.9·1.75 + 1.75 = 3.325 and 0.95
    #expect(isClose(model, [10.875 + 1.6625, 20.25 + 0.475]))
  }

  @Test func `FedAdam divides by the root of its second moment`() throws {
    var model = model()
    var strategy = FedAdam(learningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001)
    try strategy.apply(try result(), to: &model)
    // m = 0.1·Δ; v = 0.99·10⁻⁶ + 0.01·Δ²; step = 0.1·m / (√v + 0.001)
    let first = 0.1 * 0.175 / ((0.99e-6 + 0.01 * 3.0625).squareRoot() + 0.001)
    let second = 0.1 * 0.05 / ((0.99e-6 + 0.01 * 0.25).squareRoot() + 0.001)
    #expect(isClose(model, [10 + first, 20 + second]))
  }

  @Test func `FedAdagrad adds up squares`() throws {
    var model = model()
    var strategy = FedAdagrad(learningRate: 0.1, tau: 0.001)
    try strategy.apply(try result(), to: &model)
    try strategy.apply(try result(), to: &model)
    func steps(_ change: Double) -> Double {
      let one = (1e-6 + change * change).squareRoot()
      let two = (1e-6 + 2 * change * change).squareRoot()
      return 0.1 * change / (one + 0.001) + 0.1 * change / (two + 0.001)
    }
    #expect(isClose(model, [10 + steps(1.75), 20 + steps(0.5)]))
  }

  @Test func `FedYogi changes its second moment by a bounded step`() throws {
    var model = model()
    var strategy = FedYogi(learningRate: 0.1, beta1: 0, beta2: 0.9, tau: 0.1)
    try strategy.apply(try result(), to: &model)
    // v₀ = 0.01 < Δ², so v = 0.01 + 0.1·Δ²
    func step(_ change: Double) -> Double {
      0.1 * change / ((0.01 + 0.1 * change * change).squareRoot() + 0.1)
    }
    #expect(isClose(model, [10 + step(1.75), 20 + step(0.5)]))
    let between = model
    try strategy.apply(try result(changes: [[0, 0], [0, 0]]), to: &model)
    // Nothing changed, and Δ² = 0 < v leaves the moment where it was: no step without momentum.
    #expect(model == between)
  }

  @Test func `SCAFFOLD moves the common control by the share of all participants`() throws {
    var model = model()
    var strategy = Scaffold(learningRate: 0.5)
    let format = try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20)
    let specs = [
      SumSpec(.update, count: 2, format: format, weighted: true), SumSpec(.control, count: 2, format: format),
    ]
    var sum = ExactSum(counts: [2, 2])
    for (change, control) in [([1, -1], [0.5, 0]), ([2, 1], [1.5, -2])] as [([Float], [Float])] {
      sum.add(
        ExactSum.Term(
          vectors: [try RingVector(change, as: format), try RingVector(control, as: format)], weight: 1))
    }
    let result = ExchangeResult(
      contributors: ["a", "b"], cohort: 2, population: 4, shape: .sums(specs), sum: sum)
    try strategy.apply(result, to: &model)
    #expect(model.values == [10.75, 20])
    #expect(strategy.rule.control?.values == [0.5, -0.5])
    #expect(strategy.weighting == .equal)
  }
}
