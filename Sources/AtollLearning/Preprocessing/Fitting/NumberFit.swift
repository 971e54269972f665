/// Fits one column of numbers: what stands for a missing value, and the scaling.
///
/// The value holds the facts known so far. What is still needed follows from them: asked in one exchange, taken in,
/// asked on. The scaling describes the column as it is *after* missing values have been filled in, as a pipeline of
/// imputer and scaler sees it; filled-in values are never added up, their share is known in closed form.
struct NumberFit: Hashable, Codable, Sendable {
  let feature: FeatureSchema.Feature
  let missing: PreprocessingPlan.Missing
  let scale: PreprocessingPlan.Scale

  private var counts: Counts?
  /// Σ x/2^e over the rows with a value, in limbs.
  private var total: [Int64]?
  /// Σ ((x − center)/2^(e+1))² over the rows with a value, in limbs.
  private var spread: [Int64]?
  private var mode: Double?
  /// Places in the sorted values, for the median.
  private var ranks: [RankSearch] = []
  /// Places in the sorted column once missing values are filled in.
  private var filledRanks: [RankSearch] = []

  private struct Counts: Hashable, Codable {
    var present: Int
    var missing: Int
    /// All values are at most 2^exponent in magnitude.
    var exponent: Int
    /// Counts by exponent, where they were asked for.
    var bins: [Int64]
  }

  init(_ feature: FeatureSchema.Feature, _ plan: PreprocessingPlan) {
    self.feature = feature
    missing = plan.missing
    scale = plan.scale
  }

  // MARK: What is needed

  private var bounds: ClosedRange<Double>? { feature.bounds }

  private var needsTotal: Bool { missing == .mean || scale == .standard }
  /// Declared bounds are the extremes: nobody's smallest or largest value has to be found.
  private var needsFilledRanks: Bool { scale == .robust || scale == .minMax && bounds == nil }
  private var needsExponents: Bool { bounds == nil || missing == .median || needsFilledRanks }

  /// What to ask next; nothing when the column is fitted.
  var open: [NumberStatistic] {
    guard let counts else {
      let values = feature.levels.map(Levels.number)
      return [needsExponents ? .exponents : .presence] + (missing == .mostFrequent ? [.values(values)] : [])
    }
    guard counts.present > 0 else { return [] }
    var open: [NumberStatistic] = []
    if needsTotal && total == nil { open.append(.total(exponent: counts.exponent)) }
    if scale == .standard, spread == nil, let center {
      open.append(.spread(center: center, exponent: counts.exponent + 1))
    }
    let intervals = self.intervals
    if !intervals.isEmpty { open.append(.bins(intervals)) }
    return open
  }

  private var intervals: [KeyInterval] {
    var intervals: [KeyInterval] = []
    for search in ranks + filledRanks where search.result == nil && !intervals.contains(search.interval) {
      intervals.append(search.interval)
    }
    return intervals
  }

  // MARK: What follows from the facts

  /// What stands for a missing value, once it is known; nil also when rows with one are dropped.
  private var fill: Double? {
    guard let counts, counts.present > 0 else { return nil }
    switch missing {
    case .drop: return nil
    case .constant(let value): return value
    case .mostFrequent: return mode
    case .mean: return total.map { GridSum(limbs: $0).mean(of: counts.present) * powerOfTwo(counts.exponent) }
    case .median: return Self.quantile(0.5, of: counts.present, in: ranks)
    }
  }

  /// The mean of the filled column.
  private var center: Double? {
    guard let counts, let total else { return nil }
    if missing == .mean { return fill }
    var sum = GridSum(limbs: total)
    if counts.missing > 0 {
      guard let fill else { return nil }
      sum.add(fill * powerOfTwo(-counts.exponent), times: counts.missing)
    }
    return sum.mean(of: counts.present + counts.missing) * powerOfTwo(counts.exponent)
  }

  /// The standard deviation of the filled column, with divisor n.
  private var deviation: Double? {
    guard let counts, let spread, let center else { return nil }
    var sum = GridSum(limbs: spread)
    let exponent = counts.exponent + 1
    if counts.missing > 0, let fill {
      let distance = (fill - center) * powerOfTwo(-exponent)
      sum.add(distance * distance, times: counts.missing)
    }
    return (max(0, sum.value) / Double(counts.present + counts.missing)).squareRoot() * powerOfTwo(exponent)
  }

  private static func quantile(_ share: Double, of count: Int, in searches: [RankSearch]) -> Double? {
    let quantile = Quantile(share, of: count)
    let value = { (rank: Int) in searches.first { $0.rank == rank }?.result }
    guard let lower = value(quantile.lower), let upper = value(quantile.upper) else { return nil }
    return quantile.value(lower, upper)
  }

  /// The fitted column, once nothing is open.
  var fitted: FittedNumber? {
    guard let counts, open.isEmpty else { return nil }
    var fitted = FittedNumber(fill: fill, minimum: feature.minimum, maximum: feature.maximum)
    guard counts.present > 0 else {
      if missing != .drop { fitted.fill = 0 }
      return fitted
    }
    let rows = counts.present + counts.missing
    let quantile = { Self.quantile($0, of: rows, in: filledRanks) }
    switch scale {
    case .none: return fitted
    case .standard:
      guard let center, let deviation else { return nil }
      fitted.scale(offset: center, divisor: deviation)
    case .minMax:
      guard let low = bounds?.lowerBound ?? quantile(0), let high = bounds?.upperBound ?? quantile(1) else {
        return nil
      }
      fitted.scale(offset: low, divisor: high - low)
    case .robust:
      guard let median = quantile(0.5), let low = quantile(0.25), let high = quantile(0.75) else {
        return nil
      }
      fitted.scale(offset: median, divisor: high - low)
    case .bounds: fitted.scaleToBounds()
    }
    return fitted
  }

  /// Whether no training row of any participant has a value.
  var isEmpty: Bool { counts?.present == 0 }

  // MARK: Taking in answers

  /// Takes in the sums of what was open, in that order.
  mutating func absorb(_ sums: [[Int64]]) throws(PreparationError) {
    for (statistic, sum) in zip(open, sums) {
      switch statistic {
      case .presence: counts = try counted(present: sum[0], missing: sum[1], bins: [])
      case .exponents:
        let bins = Array(sum.dropLast())
        let present = BinCounts(integers: bins).all.reduce(0, &+)
        counts = try counted(present: present, missing: sum[sum.count - 1], bins: bins)
      case .values(let values):
        guard let most = sum.max(), let place = sum.firstIndex(of: most), most > 0 else { continue }
        mode = values[place]
      case .total: total = sum
      case .spread: spread = sum
      case .bins(let intervals):
        var rest = sum[...]
        var pieces: [KeyInterval: BinCounts] = [:]
        for interval in intervals {
          pieces[interval] = BinCounts(integers: rest.prefix(2 * interval.binCount))
          rest = rest.dropFirst(2 * interval.binCount)
        }
        for index in ranks.indices { try narrow(&ranks[index], pieces, filled: false) }
        for index in filledRanks.indices { try narrow(&filledRanks[index], pieces, filled: true) }
      }
    }
    try beginSearches()
  }

  private func counted(present: Int64, missing: Int64, bins: [Int64]) throws(PreparationError) -> Counts {
    guard present >= 0, missing >= 0, bins.allSatisfy({ $0 >= 0 }),
      present &+ missing <= Int64(GridSum.mostRows)
    else {
      throw PreparationError(
        .contradiction, "column \(quoted(feature.column)): the counts of rows make no sense",
        column: feature.column)
    }
    var counts = Counts(present: Int(present), missing: Int(missing), exponent: 0, bins: bins)
    if let bounds {
      counts.exponent = Self.exponent(covering: max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude))
    } else {
      counts.exponent = try surveyedExponent(BinCounts(integers: bins))
    }
    if case .constant(let value) = self.missing {
      counts.exponent = max(counts.exponent, Self.exponent(covering: value.magnitude))
    }
    return counts
  }

  private func surveyedExponent(_ bins: BinCounts) throws(PreparationError) -> Int {
    var exponent = KeyInterval.smallestExponent
    var onlyZeros = true
    for (bin, count) in bins.all.enumerated() where count > 0 {
      exponent = max(exponent, KeyInterval.exponent(ofBin: bin))
      // Zero is the round end of the innermost positive bin.
      if bins.round[bin] < count || KeyInterval.exponent(ofBin: bin) > KeyInterval.smallestExponent {
        onlyZeros = false
      }
    }
    let fits =
      exponent < KeyInterval.largestExponent && (exponent > KeyInterval.smallestExponent || onlyZeros)
    guard fits || !needsTotal else {
      throw PreparationError(
        .scale,
        """
        the values of column \(quoted(feature.column)) are too \(exponent > 0 ? "large" : "small") to be added exactly \
        (2^\(exponent)); declare its minimum and maximum, or choose other units
        """, column: feature.column)
    }
    return exponent + 1
  }

  /// The smallest e with magnitude ≤ 2^e.
  private static func exponent(covering magnitude: Double) -> Int {
    guard magnitude > 0 else { return KeyInterval.smallestExponent }
    return Int(magnitude.exponent) + (magnitude.significand > 1 ? 1 : 0)
  }

  /// Starts the searches that have become possible, from the counts by exponent.
  private mutating func beginSearches() throws(PreparationError) {
    guard let counts, counts.present > 0, !counts.bins.isEmpty else { return }
    if missing == .median, ranks.isEmpty {
      ranks = try searches([0.5], of: counts.present, filled: false)
    }
    if needsFilledRanks, filledRanks.isEmpty, counts.missing == 0 || fill != nil {
      let shares = scale == .robust ? [0.25, 0.5, 0.75] : [0, 1]
      filledRanks = try searches(shares, of: counts.present + counts.missing, filled: true)
    }
  }

  private func searches(_ shares: [Double], of rows: Int, filled: Bool) throws(PreparationError)
    -> [RankSearch]
  {
    let places = shares.map { Quantile($0, of: rows) }.flatMap { [$0.lower, $0.upper] }
    var found: [RankSearch] = []
    for rank in Set(places).sorted() {
      var search = RankSearch(rank: rank)
      var bins = BinCounts(integers: counts?.bins ?? [])
      if filled, let fill, let missing = counts?.missing {
        let bin = KeyInterval.exponentBin(of: fill)
        bins.add(OrderedKey.of(fill), in: KeyInterval.byExponent[bin], at: bin, times: Int64(missing))
      }
      try search.narrow(to: KeyInterval.byExponent, counts: bins)
      found.append(search)
    }
    return found
  }

  private func narrow(
    _ search: inout RankSearch, _ pieces: [KeyInterval: BinCounts], filled: Bool
  ) throws(PreparationError) {
    guard search.result == nil, var counts = pieces[search.interval] else { return }
    let interval = search.interval
    if filled, let fill, let missing = self.counts?.missing, interval.contains(OrderedKey.of(fill)) {
      let bin = interval.bin(of: OrderedKey.of(fill))
      counts.add(OrderedKey.of(fill), in: interval.bin(bin), at: bin, times: Int64(missing))
    }
    try search.narrow(to: search.bins, counts: counts)
  }
}
