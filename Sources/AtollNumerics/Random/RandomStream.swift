#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A repeatable stream of public coins, keyed by what they are for.
///
/// Two streams with the same seed and key give the same numbers on every machine; streams whose keys differ in
/// anything are independent. The numbers are Philox4x32-10 in counter mode; the SHA-256 of seed and key gives Philox's
/// key (64 bits) and the upper half of its counter (64 bits), the lower half counts blocks.
///
/// > Warning: the coins are public: whoever knows the task can compute them. They decide initial weights, shuffles,
/// > splits and cohorts, never privacy noise or masks.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What a stream is for. The same draw is never made from two purposes.
  public struct Purpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The parameters of a first model.
    public static let initialModel = Purpose(rawValue: "initial-model")
    /// The order of a participant's rows.
    public static let shuffle = Purpose(rawValue: "shuffle")
    /// Which rows are held out.
    public static let split = Purpose(rawValue: "split")
    /// Who gets which rows of one table.
    public static let partition = Purpose(rawValue: "partition")
    /// Who is asked in an exchange.
    public static let cohort = Purpose(rawValue: "cohort")
    /// How long simulated participants take.
    public static let network = Purpose(rawValue: "network")
    /// Samples and made-up data.
    public static let sample = Purpose(rawValue: "sample")
    /// Secret coins that a test has fixed: no product takes noise from a stream that can be foretold.
    package static let insecureNoise = Purpose(rawValue: "insecure-noise")
  }

  private let philox: Philox
  private let upper: SIMD2<UInt32>
  private var nextBlock: UInt64 = 0
  private var buffered: UInt64?

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - purpose: what the coins are for.
  ///   - round: the exchange or round, where it matters.
  ///   - participant: whose coins they are; empty for coins of the run.
  ///   - step: a further number, such as the epoch.
  public init(seed: UInt64, purpose: Purpose, round: Int = 0, participant: String = "", step: Int = 0) {
    // Lengths make the encoding unambiguous: no two keys give the same bytes.
    let fields = [
      "atoll coins 1", String(seed), purpose.rawValue, String(round), participant, String(step),
    ]
    let encoded = fields.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    let hash = ContentHash(of: encoded).hexadecimal
    func word(_ index: Int) -> UInt32 {
      let digits = hash.utf8.dropFirst(8 * index).prefix(8)
      return digits.reduce(0) { $0 << 4 | UInt32($1 < 58 ? $1 - 48 : $1 - 87) }
    }
    philox = Philox(key: SIMD2(word(0), word(1)))
    upper = SIMD2(word(2), word(3))
  }

  public mutating func next() -> UInt64 {
    if let value = buffered {
      buffered = nil
      return value
    }
    let low = SIMD2(UInt32(truncatingIfNeeded: nextBlock), UInt32(truncatingIfNeeded: nextBlock >> 32))
    let block = philox.block(SIMD4(lowHalf: low, highHalf: upper))
    nextBlock += 1
    buffered = UInt64(block[2]) | UInt64(block[3]) << 32
    return UInt64(block[0]) | UInt64(block[1]) << 32
  }
}

extension RandomStream {
  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0..<bound, without bias (Lemire, "Fast random integer generation in an interval", 2019).
  ///
  /// - Precondition: `bound > 0`.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "an empty range has no element")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Shuffles in place (Fisher and Yates, Durstenfeld's form).
  ///
  /// The standard library's `shuffle(using:)` may change with its version; this one may not.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(last, below(last + 1)) }
  }

  /// `count` different numbers of 0..<population, in ascending order.
  ///
  /// - Precondition: `0 <= count <= population`.
  public mutating func sample(_ count: Int, of population: Int) -> [Int] {
    precondition((0...population).contains(count), "a sample is no larger than its population")
    // Floyd's algorithm: O(count) memory, whatever the population.
    var chosen = Set<Int>(minimumCapacity: count)
    for last in population - count..<population {
      let candidate = below(last + 1)
      if !chosen.insert(candidate).inserted { chosen.insert(last) }
    }
    return chosen.sorted()
  }

  /// Standard normal (Marsaglia's polar method; `log` and `sqrt` give the same bits everywhere).
  public mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      if square > 0 && square < 1 { return x * (-2 * Elementary.log(square) / square).squareRoot() }
    }
  }

  /// The logarithm of a draw from the gamma distribution with the given shape and scale 1 (Marsaglia & Tsang 2000; below
  /// shape 1 by their boost). The draw itself underflows to 0 where the shape is small.
  ///
  /// - Precondition: `shape > 0`.
  public mutating func logGamma(shape: Double) -> Double {
    precondition(shape > 0, "the shape of a gamma distribution is positive")
    if shape < 1 {
      let boost = Elementary.log(1 - uniform()) / shape
      return logGamma(shape: shape + 1) + boost
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if Elementary.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Elementary.log(v) {
        return Elementary.log(d * v)
      }
    }
  }
}
