import AtollMeasurement
import AtollNumerics
import FoundationEssentials

/// W4: the exact weighted mean of 100 updates of 10 million numbers, 4 GB, all in memory before the clock starts.
enum AggregationBenchmark {
  static let updates = 100
  static let count = 10_000_000

  static func rows(threads: Int, repeats: Int) throws -> [Row] {
    // As a task without further wishes has it.
    let format = try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20)
    let terms = (0..<updates).map { update in
      WeightedNumbers(numbers(of: update), weight: 100 + update)
    }
    let clock = ContinuousClock()
    var rates: [Double] = []
    var mean: [Float] = []
    for _ in 0..<repeats {
      mean = []
      let start = clock.now
      mean = try WeightedNumbers.mean(of: terms, as: format)
      rates.append(Double(4 * updates * count) / ((clock.now - start) / .seconds(1)) / 1e9)
    }
    return [
      Row(
        "W4", threads: threads, Spread(of: rates), "GB/s",
        checks: ["exact": isExact(mean, terms, format) ? 1 : 0])
    ]
  }

  /// Uniform in −½ ..< ½, in steps of 2⁻²⁴.
  private static func numbers(of update: Int) -> [Float] {
    var state = UInt64(update) &* 0x9E37_79B9_7F4A_7C15 | 1
    return [Float](unsafeUninitializedCapacity: count) { numbers, filled in
      for index in 0..<count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        numbers.initializeElement(at: index, to: Float(Int(state >> 40) - 1 << 23) * 0x1p-24)
      }
      filled = count
    }
  }

  /// Compares some elements with sums of integers made otherwise.
  private static func isExact(_ mean: [Float], _ terms: [WeightedNumbers], _ format: FixedPoint) -> Bool {
    let weight = terms.reduce(0) { $0 + $1.weight }
    return stride(from: 0, to: count, by: 9973).allSatisfy { index in
      let sum = terms.reduce(Int64(0)) { partial, term in
        partial + Int64((Double(term.numbers[index]) * Double(term.weight) * format.scale).rounded())
      }
      return mean[index] == Float(Double(sum) / (format.scale * Double(weight)))
    }
  }
}
