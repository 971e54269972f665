import Foundation
import Testing

@testable import AtollNumerics

@Suite struct `Elementary functions in double` {
  /// Units in the last place between two doubles.
  private func ulps(_ value: Double, _ truth: Double) -> Double {
    value == truth ? 0 : (value - truth).magnitude / max(truth.magnitude.ulp, .leastNonzeroMagnitude)
  }

  // The system's functions are themselves within one ulp, so 2 here means that ours are right to about one.
  @Test func `exp, log and cosPi agree with the system's functions to two ulp`() {
    var numbers = Numbers(seed: 61)
    var worst = (exp: 0.0, log: 0.0, nearOne: 0.0, cosine: 0.0)
    for _ in 0..<300_000 {
      let u = Double(numbers.float()) + Double(numbers.float()) * 0x1p-24
      worst.exp = max(worst.exp, ulps(Elementary.exp(u * 372), Foundation.exp(u * 372)))
      let x = Foundation.exp(u * 300)
      worst.log = max(worst.log, ulps(Elementary.log(x), Foundation.log(x)))
      worst.nearOne = max(worst.nearOne, ulps(Elementary.log(1 + u / 8), Foundation.log(1 + u / 8)))
      // Near one half the cosine of a rounded product is wrong; there the sine of the exact rest is right.
      let a = u.magnitude / 4
      worst.cosine = max(worst.cosine, ulps(Elementary.cosPi(a), Foundation.cos(a * .pi)))
      worst.cosine = max(
        worst.cosine, ulps(Elementary.cosPi(0.5 - a), Foundation.sin((0.5 - (0.5 - a)) * .pi)))
    }
    #expect(worst.exp <= 2 && worst.log <= 2 && worst.nearOne <= 2 && worst.cosine <= 2, "\(worst)")
  }

  @Test func `limits and exact values`() {
    #expect(
      Elementary.exp(0) == 1 && Elementary.exp(.infinity) == .infinity && Elementary.exp(-.infinity) == 0)
    #expect(Elementary.exp(710) == .infinity && Elementary.exp(-746) == 0 && Elementary.exp(.nan).isNaN)
    #expect(Elementary.exp(-745) == .leastNonzeroMagnitude)
    #expect(Elementary.log(1) == 0 && Elementary.log(0) == -.infinity && Elementary.log(-1).isNaN)
    #expect(Elementary.log(.infinity) == .infinity && Elementary.log(.nan).isNaN)
    #expect(ulps(Elementary.log(.leastNonzeroMagnitude), -744.440_071_921_381_2) <= 1)
  }

  @Test func `cosPi is exact at multiples of one half, however large`() {
    for k in -9...9 {
      let x = Double(k) / 2
      #expect(Elementary.cosPi(x) == [1, 0, -1, 0][(k % 4 + 4) % 4])
    }
    #expect(Elementary.cosPi(0x1p52 + 1) == -1 && Elementary.cosPi(0x1p60) == 1)
    #expect(Elementary.cosPi(1e15 + 0.5) == 0)
    #expect(
      ulps(Elementary.cosPi(-1.75), 0.5.squareRoot()) <= 1 && ulps(Elementary.cosPi(2.0 / 3), -0.5) <= 4)
    #expect(Elementary.cosPi(.infinity).isNaN && Elementary.cosPi(.nan).isNaN)
  }

  @Test func `whole powers are repeated products, others go through exp and log`() {
    #expect(Elementary.pow(3, 4) == 81 && Elementary.pow(-2, 3) == -8 && Elementary.pow(2, -3) == 0.125)
    #expect(Elementary.pow(7, 0) == 1 && Elementary.pow(0, 0) == 1 && Elementary.pow(0, 2.5) == 0)
    #expect(Elementary.pow(-2, 65) < 0 && Elementary.pow(-2, 66) > 0)
    #expect(Elementary.pow(-2, 0.5).isNaN)
    var numbers = Numbers(seed: 67)
    for _ in 0..<10_000 {
      let base = Foundation.exp(Double(numbers.float()) * 5), y = Double(numbers.float()) * 100
      let bound = (2 + (y * Foundation.log(base)).magnitude) * 0x1p-52
      let truth = Foundation.pow(base, y)
      #expect((Elementary.pow(base, y) - truth).magnitude <= bound * truth)
    }
  }
}
