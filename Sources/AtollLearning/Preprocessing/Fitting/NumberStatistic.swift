/// What is counted or added up of one column of numbers.
enum NumberStatistic: Hashable, Codable, Sendable {
  /// [rows with a value, rows without]
  case presence
  /// Counts by sign and binary exponent (``KeyInterval/byExponent``), then rows without a value.
  case exponents
  /// Rows with each of these values.
  case values([Double])
  /// Σ x/2^exponent, in limbs.
  case total(exponent: Int)
  /// Σ ((x − center)/2^exponent)², in limbs.
  case spread(center: Double, exponent: Int)
  /// Counts in the bins of each interval.
  case bins([KeyInterval])

  var name: String {
    switch self {
    case .presence: "presence"
    case .exponents: "exponents"
    case .values: "values"
    case .total: "total"
    case .spread: "spread"
    case .bins: "bins"
    }
  }

  /// Whether its numbers are such that an answer can be computed: asked of what comes from outside.
  var isSound: Bool {
    switch self {
    case .presence, .exponents: true
    case .values(let values): values.allSatisfy(\.isFinite)
    case .total(let exponent): Self.powers.contains(exponent)
    case .spread(let center, let exponent): center.isFinite && Self.powers.contains(exponent)
    case .bins(let intervals): intervals.allSatisfy { $0.low <= $0.high }
    }
  }

  /// Of the powers of two that a sum is counted in: those of a `Double`, with room.
  private static let powers = -2200...2200

  /// Number of integers in the answer.
  var count: Int {
    switch self {
    case .presence: 2
    case .exponents: 2 * KeyInterval.byExponent.count + 1
    case .values(let values): values.count
    case .total, .spread: GridSum.limbs
    case .bins(let intervals): 2 * intervals.reduce(0) { $0 + $1.binCount }
    }
  }

  /// - Parameter numbers: the column's values in the training rows that have one, within the declared bounds.
  func answer(_ numbers: [Double], missing: Int, column: String) throws(PreparationError) -> [Int64] {
    switch self {
    case .presence: return [Int64(numbers.count), Int64(missing)]
    case .exponents:
      var counts = BinCounts(bins: KeyInterval.byExponent.count)
      for number in numbers {
        let bin = KeyInterval.exponentBin(of: number)
        counts.add(OrderedKey.of(number), in: KeyInterval.byExponent[bin], at: bin)
      }
      return counts.integers + [Int64(missing)]
    case .values(let values):
      var counts: [Double: Int64] = [:]
      for number in numbers { counts[number, default: 0] += 1 }
      return values.map { counts[$0] ?? 0 }
    case .total(let exponent):
      let unit = powerOfTwo(-exponent)
      var sum = GridSum()
      for number in numbers { sum.add(try Self.scaled(number * unit, column)) }
      return sum.asLimbs
    case .spread(let center, let exponent):
      let unit = powerOfTwo(-exponent)
      var sum = GridSum()
      for number in numbers {
        let distance = try Self.scaled((number - center) * unit, column)
        sum.add(distance * distance)
      }
      return sum.asLimbs
    case .bins(let intervals):
      var counts = intervals.map { BinCounts(bins: $0.binCount) }
      for number in numbers {
        let key = OrderedKey.of(number)
        for (index, interval) in intervals.enumerated() where interval.contains(key) {
          let bin = interval.bin(of: key)
          counts[index].add(key, in: interval.bin(bin), at: bin)
        }
      }
      return counts.flatMap(\.integers)
    }
  }

  private static func scaled(_ number: Double, _ column: String) throws(PreparationError) -> Double {
    guard number.magnitude <= 1 else {
      throw PreparationError(
        .scale, "column \(quoted(column)) has values beyond the scale that its survey found", column: column)
    }
    return number
  }
}

func powerOfTwo(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
