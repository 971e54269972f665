import Testing

@testable import AtollNumerics

@Suite struct `Optimizer kernels` {
  private let count = 53

  private func inputs() -> (gradient: [Float], first: [Float], second: [Float], weights: [Float]) {
    var n = Numbers(seed: 47)
    return (n.floats(count), n.floats(count), n.floats(count).map { $0 * $0 }, n.floats(count))
  }

  private func expectEach(_ values: [Float], _ what: String, _ formula: (Int) -> Double) {
    expectClose(values, (0..<count).map { (formula($0), 1) }, what)
  }

  @Test func `axpy adds a multiple`() {
    let (x, y, _, _) = inputs()
    let r = onEveryLevel("axpy") { kernels in
      var sum = y
      kernels.axpy(0.3, x, &sum, count: count)
      return [sum]
    }
    #expect(r[0] == zip(x, y).map { $1.addingProduct(0.3, $0) })
  }

  @Test(arguments: [false, true]) func `momentum follows its formula`(nesterov: Bool) {
    let (g, v, _, w) = inputs()
    let r = onEveryLevel("momentum") { kernels in
      var (velocity, weights) = (v, w)
      kernels.momentumStep(
        rate: 0.1, momentum: 0.9, nesterov: nesterov, gradient: g, velocity: &velocity, weights: &weights,
        count: count)
      return [velocity, weights]
    }
    func velocity(_ i: Int) -> Double { 0.9 * Double(v[i]) + Double(g[i]) }
    expectEach(r[0], "velocity") { velocity($0) }
    expectEach(r[1], "weights") {
      Double(w[$0]) - 0.1 * (nesterov ? Double(g[$0]) + 0.9 * velocity($0) : velocity($0))
    }
  }

  @Test func `adagrad follows its formula`() {
    let (g, _, a, w) = inputs()
    let r = onEveryLevel("adagrad") { kernels in
      var (accumulator, weights) = (a, w)
      kernels.adagradStep(
        rate: 0.1, epsilon: 0.01, gradient: g, accumulator: &accumulator, weights: &weights, count: count)
      return [accumulator, weights]
    }
    func sum(_ i: Int) -> Double { Double(a[i]) + Double(g[i]) * Double(g[i]) }
    expectEach(r[0], "accumulator") { sum($0) }
    expectEach(r[1], "weights") { Double(w[$0]) - 0.1 * Double(g[$0]) / (sum($0).squareRoot() + 0.01) }
  }

  @Test func `adam follows its formula, with decoupled decay`() {
    let (g, m, v, w) = inputs()
    let r = onEveryLevel("adam") { kernels in
      var (first, second, weights) = (m, v, w)
      kernels.adamStep(
        rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.01, firstCorrection: 1.5, secondCorrection: 2.5,
        decay: 0.02, gradient: g, first: &first, second: &second, weights: &weights, count: count)
      return [first, second, weights]
    }
    func first(_ i: Int) -> Double { 0.9 * Double(m[i]) + 0.1 * Double(g[i]) }
    func second(_ i: Int) -> Double { 0.99 * Double(v[i]) + 0.01 * Double(g[i]) * Double(g[i]) }
    expectEach(r[0], "first moment") { first($0) }
    expectEach(r[1], "second moment") { second($0) }
    expectEach(r[2], "weights") {
      0.98 * Double(w[$0]) - 0.1 * (first($0) * 1.5) / ((second($0) * 2.5).squareRoot() + 0.01)
    }
  }
}
