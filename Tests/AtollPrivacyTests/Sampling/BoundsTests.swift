import Testing

@testable import AtollPrivacy

/// Whether bounds hold a number of which only the digits down to 2^-128 are known.
private func holds(_ lower: UInt64, _ upper: UInt128, _ value: WideInteger) -> Bool {
  WideInteger(UInt128(lower)) << 64 <= value && WideInteger(upper) << 64 >= value
}

private func holds(_ ball: Ball, _ value: WideInteger) -> Bool {
  let shift = ball.bits - 128
  return ball.lower <= (value + .one) << shift && value << shift <= ball.upper
}

@Suite struct `Bounds hold the true value` {
  @Test func `of the exponential, some units apart`() throws {
    for vector in try SamplingVectors.read().exponentials {
      let units = try #require(UInt128(vector.units))
      let bounds = FixedExponential.bounds(units, slack: 0)
      #expect(holds(bounds.lower, bounds.upper, wide(vector.value)), "\(vector.units)")
      #expect(bounds.upper - UInt128(bounds.lower) <= 5)
      // With slack they hold the value of a number that is larger.
      guard units >= 9 else { continue }
      let later = FixedExponential.bounds(units - 9, slack: 9)
      #expect(holds(later.lower, later.upper, wide(vector.value)), "\(vector.units)")
    }
  }

  @Test func `of the exponential, to any precision`() throws {
    for vector in try SamplingVectors.read().exponentials {
      let units = WideInteger(try #require(UInt128(vector.units)))
      for bits in [128, 192, 520] {
        let ball = Ball(units, over: WideInteger(UInt128(1) << 64), bits: bits).exponentialOfNegative
        #expect(holds(ball, wide(vector.value)), "\(vector.units) with \(bits) bits")
        #expect(ball.radius <= 16)
      }
    }
  }

  @Test func `of Gaussian weights`() throws {
    for vector in try SamplingVectors.read().gaussian {
      let law = ExponentialLaw(
        .square, rate: vector.variance.denominator, over: 2 * vector.variance.numerator, spread: 1)
      try check(law, vector.x, wide(vector.weight), apart: 7)
    }
  }

  @Test func `of Laplace weights`() throws {
    for vector in try SamplingVectors.read().laplace {
      let law = ExponentialLaw(
        .absolute, rate: vector.scale.denominator, over: vector.scale.numerator, spread: 1)
      try check(law, vector.x, wide(vector.weight), apart: 7)
    }
  }

  @Test func `of Poisson weights`() throws {
    for vector in try SamplingVectors.read().poisson {
      let law = PoissonLaw(mean: vector.mean)
      // Of many they are told from neighbours, 2^-10 of the weight apart.
      try check(law, vector.k, wide(vector.weight), apart: law.mode < PoissonLaw.border ? 16 : 1 << 54)
    }
  }

  @Test func `of Poisson weights, by the series and by the product`() {
    for mean in [UInt128(32_768), 70_000] {
      // Safe because the denominator is 1.
      let law = PoissonLaw(mean: try! Ratio(mean))
      for distance in [-700, -1, 0, 1, 12, 900] as [Int128] {
        let x = Int128(mean) + distance
        let product = law.product(to: x, bits: 300)
        let series = law.weight(at: x, bits: 128)
        #expect(series.lower << 172 <= product.upper && product.lower <= series.upper << 172)
        #expect(series.radius <= 16 && product.radius <= 1 << 20)
      }
    }
  }

  @Test func `of the answer that is true`() throws {
    for vector in try SamplingVectors.read().logistic {
      let coin = Bernoulli(weightOfOneAmong: vector.others, logarithm: vector.gamma)
      #expect(holds(coin.lower, coin.upper, wide(vector.value)), "\(vector.gamma) \(vector.others)")
      #expect(coin.upper - UInt128(coin.lower) <= 2)
    }
  }

  private func check(_ law: some IntegerLaw, _ x: Int64, _ weight: WideInteger, apart: UInt128) throws {
    let quick = law.quickBounds(at: x)
    #expect(holds(quick.lower, quick.upper, weight), "\(x) of \(law)")
    #expect(quick.upper - UInt128(quick.lower) <= apart)
    for bits in [128, 192, 320] {
      let ball = law.weight(at: Int128(x), bits: bits)
      #expect(holds(ball, weight), "\(x) of \(law) with \(bits) bits")
      #expect(ball.radius <= 64)
    }
  }
}

@Suite struct `Wide integers` {
  /// Against the standard library's, which have at most 128 bits.
  @Test func `calculate`() throws {
    var coins = SecretCoins(insecureSeed: 3)
    func number(_ bits: Int) -> Int128 {
      let size = Int128((UInt128(coins.nextUInt64()) << 64 | UInt128(coins.nextUInt64())) >> 1)
      return (coins.below(2) == 0 ? 1 : -1) * (size >> Int128(127 - bits))
    }
    for _ in 0..<2000 {
      let (a, b) = (number(60), number(62))
      let (c, d) = (number(120), number(Int(coins.below(120)) + 2))
      #expect(WideInteger(a) * WideInteger(b) == WideInteger(a * b))
      #expect(WideInteger(c) + WideInteger(d) == WideInteger(c + d))
      #expect(WideInteger(c) - WideInteger(d) == WideInteger(c - d))
      if d != 0 { #expect(WideInteger(c) / WideInteger(d) == WideInteger(c / d)) }
      #expect((WideInteger(c) < WideInteger(d)) == (c < d))
      // Products of any length: (q·d + r)/d = q, and shifts.
      let (p, q) = (WideInteger(c) * WideInteger(d) * WideInteger(c), WideInteger(d) * WideInteger(d))
      if d != 0 {
        let quotient = p / q
        let rest = p - quotient * q
        #expect(rest.magnitude < q.magnitude && (rest.isZero || rest.isNegative == p.isNegative))
      }
      let shift = Int(coins.below(200))
      #expect((p << shift) >> shift == p)
      #expect(p << shift == p * (WideInteger.one << shift))
    }
  }
}
