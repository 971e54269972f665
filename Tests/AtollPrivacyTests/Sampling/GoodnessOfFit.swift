import Foundation

/// Probabilities of cells of integers, each `width` wide, from `first` on; both ends hold what lies beyond.
struct Cells: Sendable {
  var first: Int64
  var width: Int64 = 1
  var probabilities: [Double]

  /// From weights that need no factor.
  init(_ range: ClosedRange<Int64>, width: Int64 = 1, weight: (Int64) -> Double) {
    first = range.lowerBound
    self.width = width
    let count = (range.upperBound - range.lowerBound) / width + 1
    probabilities = (0..<count).map { cell in
      (0..<width).reduce(0.0) { $0 + weight(range.lowerBound + cell * width + $1) }
    }
    let total = probabilities.reduce(0, +)
    for index in probabilities.indices { probabilities[index] /= total }
  }

  func counts(_ samples: [Int64]) -> [Int] {
    var counts = [Int](repeating: 0, count: probabilities.count)
    for sample in samples {
      // Towards minus infinity; within Int128, since samples may be anything.
      let offset = Int128(sample) - Int128(first)
      let cell = offset < 0 ? 0 : offset / Int128(width)
      counts[Int(min(cell, Int128(counts.count - 1)))] += 1
    }
    return counts
  }
}

/// Whether samples come from a law: p-values.
struct GoodnessOfFit: CustomStringConvertible {
  let chiSquare: Double
  let kolmogorov: Double
  var least: Double { min(chiSquare, kolmogorov) }
  var description: String { "χ² p = \(chiSquare), Kolmogorov-Smirnov p = \(kolmogorov)" }

  init(_ samples: [Int64], _ cells: Cells) {
    let counts = cells.counts(samples)
    let n = Double(samples.count)
    chiSquare = Self.chiSquare(counts, expected: cells.probabilities.map { $0 * n })
    // Largest distance of the distribution functions, at the ends of all cells. For laws with jumps the p-value is on the
    // safe side.
    var (seen, expected, distance) = (0, 0.0, 0.0)
    for (count, probability) in zip(counts, cells.probabilities) {
      seen += count
      expected += probability
      distance = max(distance, abs(Double(seen) / n - expected))
    }
    kolmogorov = Self.kolmogorov(distance * n.squareRoot())
  }

  /// Pearson's test. Neighbouring cells are put together until so many draws are expected in each: if nothing else is said,
  /// one of 500, and 20 at least.
  static func chiSquare(_ counts: [Int], expected: [Double], least: Double? = nil) -> Double {
    let least = least ?? max(20, expected.reduce(0, +) / 500)
    var merged: [(count: Double, expected: Double)] = []
    var open = (count: 0.0, expected: 0.0)
    for (count, expectation) in zip(counts, expected) {
      open = (open.count + Double(count), open.expected + expectation)
      if open.expected >= least {
        merged.append(open)
        open = (0, 0)
      }
    }
    if let last = merged.popLast() {
      merged.append((last.count + open.count, last.expected + open.expected))
    }
    let statistic = merged.reduce(0.0) {
      $0 + ($1.count - $1.expected) * ($1.count - $1.expected) / $1.expected
    }
    return gammaQ(Double(merged.count - 1) / 2, statistic / 2)
  }

  /// P(K > λ) of Kolmogorov's law.
  private static func kolmogorov(_ lambda: Double) -> Double {
    guard lambda > 0.3 else { return 1 }
    var sum = 0.0
    for k in 1...100 {
      let term = 2 * exp(-2 * Double(k * k) * lambda * lambda)
      sum += k % 2 == 1 ? term : -term
    }
    return min(1, sum)
  }

  /// The upper incomplete gamma function over Γ(a): series below a + 1, continued fraction (Lentz) above.
  static func gammaQ(_ a: Double, _ x: Double) -> Double {
    guard x > 0 else { return 1 }
    let factor = exp(-x + a * log(x) - lgamma(a))
    if x < a + 1 {
      var (term, sum, n) = (1 / a, 1 / a, a)
      while term > sum * 1e-16 {
        n += 1
        term *= x / n
        sum += term
      }
      return 1 - sum * factor
    }
    var b = x + 1 - a
    var c = 1e300
    var d = 1 / b
    var fraction = d
    for i in 1...100_000 {
      let an = -Double(i) * (Double(i) - a)
      b += 2
      d = 1 / (an * d + b)
      c = b + an / c
      fraction *= c * d
      if abs(c * d - 1) < 1e-15 { break }
    }
    return fraction * factor
  }
}
