import AtollMeasurement
import AtollPrivacy

/// Exact noise on one thread, beside the keystream that it is made of: 65,536 numbers at a time.
enum NoiseBenchmark {
  static func rows(repeats: Int, seconds: Double) throws -> [Row] {
    var coins = SecretCoins()
    var sums = [Int64](repeating: 0, count: 1 << 16)
    let keystream = Spread.rate(repeats: repeats, seconds: seconds) {
      sums.withUnsafeMutableBytes { coins.fill($0) }
      return Double(8 * sums.count) / 1e9
    }
    func row(_ name: String, _ noise: some IntegerNoise) -> Row {
      let rate = Spread.rate(repeats: repeats, seconds: seconds) {
        noise.add(to: &sums, using: &coins)
        return Double(sums.count) / 1e6
      }
      return Row("noise-\(name)", threads: 1, rate, "M/s")
    }
    return [
      Row("noise-keystream", threads: 1, keystream, "GB/s"),
      row("gaussian-narrow", try DiscreteGaussian(variance: Ratio(9))),
      row("gaussian-wide", try DiscreteGaussian(variance: Ratio(1 << 80))),
      row("laplace", try DiscreteLaplace(scale: Ratio(1 << 20))),
      row("skellam", try Skellam(mean: Ratio(1 << 40))),
    ]
  }
}
