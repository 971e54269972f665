import Foundation
import Testing

@testable import AtollNumerics

@Suite struct `Function kernels` {
  typealias Function = (Kernels) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

  /// Every 997th bit pattern of both signs between two sizes, and the limits.
  private func sample(_ sizes: ClosedRange<Float>, negative: Bool = true) -> [Float] {
    let bits = stride(from: sizes.lowerBound.bitPattern, through: sizes.upperBound.bitPattern, by: 997)
    let positive = bits.map(Float.init(bitPattern:))
    return positive + (negative ? positive.map { -$0 } : [])
  }

  /// The largest error against the system's function in double, the same bits on every level.
  private func worst(_ x: [Float], _ truth: (Double) -> Double, _ function: Function) -> Double {
    let y = onEveryLevel("function") { kernels in
      var y = zeros(x.count)
      function(kernels)(x, &y, x.count)
      return [y]
    }[0]
    return zip(x, y).map { ulps($1, truth(Double($0))) }.max() ?? .infinity
  }

  private func values(_ x: [Float], _ function: Function) -> [Float] {
    onEveryLevel("function") { kernels in
      var y = zeros(x.count)
      function(kernels)(x, &y, x.count)
      return [y]
    }[0]
  }

  @Test func `exp is within one ulp, into the subnormal numbers`() {
    #expect(worst(sample(1e-10...104), Foundation.exp) { $0.exp } < 1)
  }

  @Test func `exp reaches its limits`() {
    let y = values([0, -0.0, .infinity, -.infinity, 88.8, 1000, -103.9, -104.1, .nan]) { $0.exp }
    #expect(y.dropLast() == [1, 1, .infinity, 0, .infinity, .infinity, .leastNonzeroMagnitude, 0])
    #expect(y.last!.isNaN)
  }

  @Test func `log is within one ulp, from the subnormal numbers on`() {
    let x = sample(.leastNonzeroMagnitude ... .greatestFiniteMagnitude, negative: false)
    #expect(worst(x, Foundation.log) { $0.log } < 1)
    #expect(worst(sample(0.9...1.1, negative: false), Foundation.log) { $0.log } < 1)
  }

  @Test func `log reaches its limits`() {
    let y = values([1, 0, -0.0, .infinity, -1, -.infinity, .nan]) { $0.log }
    #expect(Array(y.prefix(4)) == [0, -.infinity, -.infinity, .infinity])
    #expect(y.suffix(3).allSatisfy { $0.isNaN })
  }

  @Test func `tanh is within two ulp`() {
    #expect(worst(sample(1e-30...12), Foundation.tanh) { $0.tanh } < 2)
  }

  @Test func `the logistic function is within two and a half ulp above its subnormal results`() {
    #expect(worst(sample(1e-30...87), { 1 / (1 + Foundation.exp(-$0)) }) { $0.sigmoid } < 2.5)
  }

  @Test func `tanh and the logistic function reach their limits`() {
    let x: [Float] = [0, .infinity, -.infinity, 200, -200]
    #expect(values(x + [.nan]) { $0.tanh }.dropLast() == [0, 1, -1, 1, -1])
    #expect(values(x + [.nan]) { $0.sigmoid }.dropLast() == [0.5, 1, 0, 1, 0])
    #expect(values([.nan]) { $0.tanh }[0].isNaN && values([.nan]) { $0.sigmoid }[0].isNaN)
    #expect(values([-0.0]) { $0.tanh }[0].bitPattern == Float(-0.0).bitPattern)
  }

  @Test func `max(0, ·) gives plus zero for minus zero and for what is not a number`() {
    let y = values([-0.0, .nan, -.infinity, .infinity, -1, 2]) { $0.relu }
    #expect(y.map(\.bitPattern) == [0, 0, 0, .infinity, 0, 2].map(\Float.bitPattern))
  }

  @Test(arguments: [0, 1, 3, 15, 16, 17, 100])
  func `derivatives follow from the results, in place as well`(count: Int) {
    var n = Numbers(seed: 3)
    let y = n.floats(count), d = n.floats(count)
    let r = onEveryLevel("derivatives") { kernels in
      var relu = zeros(count), tanh = d, sigmoid = y
      kernels.reluBackward(y: y, d: d, dx: &relu, count: count)
      tanh.withUnsafeMutableBufferPointer {
        kernels.tanhBackward(y: y, d: $0.baseAddress!, dx: $0.baseAddress!, count: count)
      }
      sigmoid = d
      sigmoid.withUnsafeMutableBufferPointer {
        kernels.sigmoidBackward(y: y, d: $0.baseAddress!, dx: $0.baseAddress!, count: count)
      }
      return [relu, tanh, sigmoid]
    }
    #expect(r[0] == zip(y, d).map { $0 > 0 ? $1 : 0 })
    let (t, g) = (y.map(Double.init), d.map(Double.init))
    expectClose(r[1], zip(t, g).map { ($1 * (1 - $0 * $0), 1) }, "tanh")
    expectClose(r[2], zip(t, g).map { ($1 * ($0 - $0 * $0), 1) }, "sigmoid")
  }
}
