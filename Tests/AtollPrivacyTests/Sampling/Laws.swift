import Foundation

@testable import AtollPrivacy

/// Probabilities by plain formulae in double precision; their errors are below what a million draws can show.
enum Laws {
  /// About 400 cells where there are more integers than that.
  private static func cells(
    from low: Double, to high: Double, _ weight: (Int64) -> Double
  ) -> Cells {
    let width = Int64(max(1, ((high - low) / 3000).rounded(.down)))
    return Cells(Int64(low)...Int64(high), width: width, weight: weight)
  }

  static func gaussian(_ sigma: Double, mean: Double = 0) -> Cells {
    let reach = (6.5 * sigma + 3).rounded()
    return cells(from: -reach, to: reach) { x in
      exp(-(Double(x) - mean) * (Double(x) - mean) / (2 * sigma * sigma))
    }
  }

  static func laplace(_ scale: Double) -> Cells {
    let reach = (20 * scale + 3).rounded()
    return cells(from: -reach, to: reach) { exp(-Double($0.magnitude) / scale) }
  }

  static func poisson(_ mean: Double) -> Cells {
    let reach = 6.5 * mean.squareRoot() + 8
    return cells(from: max(0, (mean - reach).rounded()), to: (mean + reach).rounded()) {
      poissonWeight($0, mean)
    }
  }

  /// e^-μ·μ^k/k!, up to a factor; by Stirling's series where k is large, with differences that do not cancel.
  static func poissonWeight(_ k: Int64, _ mean: Double) -> Double {
    let k = Double(k)
    if k < 50 || mean < 50 { return exp(k * log(mean) - mean - lgamma(k + 1) + 0.5 * log(2 * .pi * mean)) }
    let delta = (k - mean) / mean
    let stirling = 1 / (12 * k) - 1 / (360 * k * k * k)
    return exp(mean * delta - (k + 0.5) * log1p(delta) - stirling)
  }

  /// The difference of two Poisson numbers: by folding where that is short, else a Gaussian, from which it differs by less
  /// than 1/μ there.
  static func skellam(_ mean: Double) -> Cells {
    guard mean < 1e6 else { return gaussian((2 * mean).squareRoot()) }
    let single = poisson(mean).probabilities
    precondition(poisson(mean).width == 1)
    let reach = Int64(single.count - 1)
    return Cells(-reach...reach) { x in
      var sum = 0.0
      for k in single.indices {
        let other = k - Int(x)
        if single.indices.contains(other) { sum += single[k] * single[other] }
      }
      return sum
    }
  }
}

/// The samplers of C. L. Canonne, G. Kamath & T. Steinke, "The discrete Gaussian for differential privacy", NeurIPS 2020,
/// arXiv:2004.00010, word for word, in 128-bit integers: what the fast ones are held against.
struct ReferenceSampler: ~Copyable {
  var coins: SecretCoins

  mutating func below(_ bound: UInt128) -> UInt128 {
    let shift = UInt128((bound - 1).leadingZeroBitCount)
    while true {
      let value = (UInt128(coins.nextUInt64()) << 64 | UInt128(coins.nextUInt64())) >> shift
      if value < bound { return value }
    }
  }

  mutating func bernoulli(_ numerator: UInt128, _ denominator: UInt128) -> Bool {
    below(denominator) < numerator
  }

  /// Algorithm 1: Bernoulli(e^-γ), γ = numerator/denominator.
  mutating func exponential(_ numerator: UInt128, _ denominator: UInt128) -> Bool {
    for _ in 0..<(numerator / denominator) where !exponential(fraction: 1, 1) { return false }
    return exponential(fraction: numerator % denominator, denominator)
  }

  private mutating func exponential(fraction numerator: UInt128, _ denominator: UInt128) -> Bool {
    var k: UInt128 = 1
    while bernoulli(numerator, denominator * k) { k += 1 }
    return k % 2 == 1
  }

  /// Algorithm 2: discrete Laplace with scale t/s.
  mutating func laplace(_ t: UInt128, _ s: UInt128) -> Int64 {
    while true {
      let u = below(t)
      guard exponential(u, t) else { continue }
      var v: UInt128 = 0
      while exponential(1, 1) { v += 1 }
      let y = Int64((u + t * v) / s)
      let isNegative = coins.nextUInt64() & 1 == 1
      if isNegative && y == 0 { continue }
      return isNegative ? -y : y
    }
  }

  /// Algorithm 3: discrete Gaussian with σ² = n/d.
  mutating func gaussian(_ n: UInt128, _ d: UInt128) -> Int64 {
    let t = UInt128(Double(n / d).squareRoot().rounded(.down)) + 1
    while true {
      let y = laplace(t, 1)
      let size = UInt128(y.magnitude) * t * d
      let gap = size > n ? size - n : n - size
      if exponential(gap * gap, 2 * n * d * t * t) { return y }
    }
  }
}
