import AtollNumerics
import Testing

@testable import AtollPrivacy

@Suite struct `Fourier transforms` {
  /// A small generator, as the numbers only need to be many.
  private func numbers(_ count: Int, _ seed: UInt64) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53 - 0.5
    }
  }

  private func reversed(_ k: Int, _ count: Int) -> Int {
    var (rest, result, bit) = (k, 0, 1)
    while bit < count {
      result = result << 1 | rest & 1
      rest >>= 1
      bit <<= 1
    }
    return result
  }

  @Test(arguments: [1, 2, 4, 8, 64, 256])
  func `equal their definition`(_ count: Int) {
    let (x, y) = (numbers(count, 1), numbers(count, 2))
    var (re, im) = (x, y)
    FourierTransform(count: count).forward(&re, &im)
    for k in 0..<count {
      var (sumRe, sumIm) = (0.0, 0.0)
      for n in 0..<count {
        let turn = Double(2 * (n * k % count)) / Double(count)
        let (c, s) = (Elementary.cosPi(turn), -Elementary.cosPi(0.5 - turn))
        sumRe += x[n] * c - y[n] * s
        sumIm += x[n] * s + y[n] * c
      }
      let place = reversed(k, count)
      #expect(abs(re[place] - sumRe) < 1e-13 && abs(im[place] - sumIm) < 1e-13)
    }
  }

  @Test func `come back`() {
    for count in [1, 2, 1024, 65536] {
      let (x, y) = (numbers(count, 3), numbers(count, 4))
      var (re, im) = (x, y)
      let transform = FourierTransform(count: count)
      transform.forward(&re, &im)
      transform.backward(&re, &im)
      #expect(zip(re + im, x + y).allSatisfy { abs($0 - $1) < 1e-15 })
    }
  }
}

@Suite struct `Special functions` {
  /// Values of mpmath 1.4.1 with 40 digits, rounded.
  @Test func `equal known values`() {
    for (x, expected) in [
      (0.1, 0.8875370839817151016), (0.46875, 0.50738652678206200841), (0.5, 0.47950012218695346232),
      (1, 0.15729920705028513066), (2.5, 4.0695201744495893956e-4), (4, 1.5417257900280018852e-8),
      (5, 1.5374597944280348502e-12), (10, 2.0884875837625447570e-45), (20, 5.3958656116079009289e-176),
      (-1, 1.8427007929497148693),
    ] {
      #expect(distance(SpecialFunctions.erfc(x), expected) < 1e-14, "\(x)")
    }
    for (x, expected) in [
      (1e-20, 1e-20), (1e-9, 9.9999999950000000033e-10), (0.5, 0.40546510810816438198),
      (-0.5, -0.69314718055994530942),
      (1e6, 13.815511557963774105),
    ] {
      #expect(distance(SpecialFunctions.log1p(x), expected) < 1e-15, "\(x)")
    }
    for (x, expected) in [
      (1e-20, 1e-20), (1e-9, 1.0000000005000000002e-9), (0.5, 0.64872127070012814685),
      (-0.5, -0.39346934028736657640), (-50, -1), (20, 485165194.40979027797),
    ] {
      #expect(distance(SpecialFunctions.expm1(x), expected) < 1e-15, "\(x)")
    }
    for (x, expected) in [
      (1, 0.65567954241879847154), (3, 0.30459029871010329573), (100, 9.9990002998500674e-3),
      (1e6, 9.99999999999e-7),
    ] {
      #expect(distance(SpecialFunctions.millsRatio(x), expected) < 1e-13, "\(x)")
    }
    #expect(SpecialFunctions.log1p(-1) == -.infinity)
    #expect(SpecialFunctions.expm1(1000) == .infinity && SpecialFunctions.expm1(-1000) == -1)
    for (n, expected) in [
      (0, 0), (1, 0), (10, 15.104412573075515295), (16, 30.671860106080672804), (100, 363.73937555556349014),
      (1_000_000, 12815518.384658169624),
    ] {
      let found = SpecialFunctions.logFactorial(n)
      #expect(abs(found - expected) <= 1e-14 * expected, "\(n)")
    }
  }

  @Test func `binomial tails equal their sums`() {
    for (k, count, rate) in [(150, 9999, 0.01), (80, 9999, 0.01), (1, 5, 0.3), (5, 5, 0.3), (0, 5, 0.3)] {
      let direct = (k...count).reduce(0.0) { sum, i in
        sum
          + Elementary.exp(
            SpecialFunctions.logBinomial(count, i) + Double(i) * Elementary.log(rate)
              + Double(count - i) * SpecialFunctions.log1p(-rate))
      }
      #expect(distance(SpecialFunctions.binomialTail(from: k, count: count, rate: rate), direct) < 1e-9)
    }
    #expect(SpecialFunctions.binomialTail(from: 6, count: 5, rate: 0.3) == 0)
  }
}
