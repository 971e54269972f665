import Testing

@testable import AtollNumerics

/// Pearson's χ² on fixed seeds. The borders are the 0.1 % and 99.9 % points (scipy.stats.chi2), so a right generator
/// fails one test in five hundred: these seeds were not chosen, and a wrong one fails by far.
@Suite struct `Random numbers are distributed as they should be` {
  private func statistic(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  private func count<Key: Hashable>(_ draws: Int, into keys: [Key], _ draw: () -> Key) -> [Int] {
    var counts = Dictionary(uniqueKeysWithValues: keys.map { ($0, 0) })
    for _ in 0..<draws { counts[draw(), default: 0] += 1 }
    return keys.map { counts[$0] ?? 0 }
  }

  @Test func `uniform, in 64 bins`() {
    var stream = RandomStream(seed: 1, purpose: .sample)
    let counts = count(64_000, into: Array(0..<64)) { Int(stream.uniform() * 64) }
    #expect((33.9...103.4).contains(statistic(counts)))
  }

  @Test(arguments: 0..<8)
  func `each byte of the bits`(_ byte: Int) {
    var stream = RandomStream(seed: 2, purpose: .sample)
    let counts = count(51_200, into: Array(0..<256)) { Int(stream.next() >> (8 * byte) & 255) }
    #expect((190.9...330.5).contains(statistic(counts)))
  }

  @Test func `below a small bound`() {
    var stream = RandomStream(seed: 3, purpose: .sample)
    #expect((0.4...22.5).contains(statistic(count(70_000, into: Array(0..<7)) { stream.below(7) })))
  }

  @Test func `below a bound that would show a bias`() {
    // Without rejection, one third of 0..<3·2^61 would be drawn twice as often as the others.
    var stream = RandomStream(seed: 4, purpose: .sample)
    let counts = count(30_000, into: [0, 1, 2]) { stream.below(3 << 61) >> 61 }
    #expect(statistic(counts) < 13.8)
  }

  @Test func `shuffles, all 120 orders of five`() {
    var stream = RandomStream(seed: 5, purpose: .shuffle)
    var orders: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var elements = Array(0..<5)
      stream.shuffle(&elements)
      orders[elements, default: 0] += 1
    }
    #expect(orders.count == 120)
    #expect((77.0...172.4).contains(statistic(Array(orders.values))))
  }

  @Test func `samples, all 20 choices of three from six`() {
    var stream = RandomStream(seed: 6, purpose: .cohort)
    var choices: [[Int]: Int] = [:]
    for _ in 0..<10_000 { choices[stream.sample(3, of: 6), default: 0] += 1 }
    #expect(choices.count == 20)
    #expect((5.4...43.8).contains(statistic(Array(choices.values))))
  }

  @Test func `normal, in 16 bins of equal probability`() {
    // scipy.stats.norm.ppf(k / 16)
    let upper = [0, 0.157311, 0.318639, 0.488776, 0.67449, 0.887147, 1.150349, 1.534121]
    let borders = upper.dropFirst().reversed().map { -$0 } + upper
    var stream = RandomStream(seed: 7, purpose: .initialModel)
    let counts = count(64_000, into: Array(0...15)) {
      let number = stream.normal()
      return borders.count { $0 <= number }
    }
    #expect((3.5...37.7).contains(statistic(counts)))
  }

  // scipy.stats.gamma.ppf(k / 8, shape)
  @Test(arguments: [
    (0.3, [0.000681285, 0.0068998, 0.0270712, 0.0731311, 0.164631, 0.342899, 0.739713]),
    (2.5, [0.904086, 1.3373, 1.74467, 2.17573, 2.67356, 3.31284, 4.31238]),
  ])
  func `gamma, in 8 bins of equal probability`(_ shape: Double, _ borders: [Double]) {
    var stream = RandomStream(seed: 8, purpose: .partition)
    let counts = count(32_000, into: Array(0...7)) {
      let number = Elementary.exp(stream.logGamma(shape: shape))
      return borders.count { $0 <= number }
    }
    #expect((0.6...24.3).contains(statistic(counts)))
  }
}
