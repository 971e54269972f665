/// What a pass over a file remembers of one column: counts, a bounded number of different values, and what
/// the guesses about its type need.
struct ColumnSummary {
  var missing = 0
  private let distinctLimit: Int
  private let textLimit: Int

  // Fields that are numbers.
  private(set) var numberCount = 0
  private var minimum = Double.infinity
  private var maximum = -Double.infinity
  private var sum = 0.0
  private var sample = EvenSample()
  private var numbers = NumberCounts()
  /// All numbers so far are whole.
  private(set) var isWhole = true
  private(set) var isRising = true
  private(set) var isFalling = true
  private var lastNumber = 0.0

  // Fields that are other texts.
  private(set) var textCount = 0
  private(set) var dateCount = 0
  private var firstDay = Double.infinity
  private var lastDay = -Double.infinity
  private var daySum = 0.0
  private var days = EvenSample()
  private var texts = TextTable()
  private var counts: [Int] = []
  /// Texts like `Anna Berg` or `BERG, Anna M.`.
  private(set) var personLikeCount = 0
  private(set) var firstText = ""
  /// The first lines with a text that is no number.
  private(set) var textLines: [Int] = []

  private(set) var hasMoreDistinct = false
  private var hasMoreNumbers = false

  init(distinctLimit: Int, textLimit: Int) {
    self.distinctLimit = distinctLimit
    self.textLimit = textLimit
  }

  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, lead: Int, decimal: UInt8, line: Int) {
    let value = DecimalNumber.parse(bytes, lead: lead, decimal: decimal)
    if value.isFinite { addNumber(value) } else { addText(bytes, line: line) }
  }

  private mutating func addNumber(_ value: Double) {
    if numberCount > 0 {
      isRising = isRising && value > lastNumber
      isFalling = isFalling && value < lastNumber
    }
    isWhole = isWhole && abs(value) < 0x1p53 && value == Double(Int64(value))
    lastNumber = value
    numberCount += 1
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    sum += value
    sample.add(value)
    // Numbers that hardly repeat have no frequent values: counting on would only cost time.
    if !hasMoreNumbers, !numbers.add(value, limit: distinctLimit - texts.count) {
      hasMoreNumbers = true
      hasMoreDistinct = true
    }
  }

  private mutating func addText(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) {
    if textCount == 0 { firstText = String(decoding: bytes.prefix(256), as: UTF8.self) }
    if textLines.count < 9 { textLines.append(line) }
    textCount += 1
    if let day = CalendarDate.days(bytes) {
      dateCount += 1
      firstDay = min(firstDay, day)
      lastDay = max(lastDay, day)
      daySum += day
      days.add(day)
    }
    if PersonName.isLike(bytes) { personLikeCount += 1 }
    if let known = texts.find(bytes) {
      counts[known] += 1
    } else if texts.count + numbers.count < distinctLimit, texts.byteCount + bytes.count <= textLimit {
      _ = texts.insert(bytes)
      counts.append(1)
    } else {
      hasMoreDistinct = true
    }
  }

  // MARK: Conclusions

  var valueCount: Int { numberCount + textCount }
  var distinct: Int { numbers.count + texts.count }

  /// Numbers, or dates, when more than half of the fields are; the rest are then faults.
  var kind: TableSchema.Kind {
    if textCount == 0 || numberCount > textCount { return .number }
    return dateCount == valueCount ? .date : .category
  }

  /// The types that can be told from the values alone.
  var type: ColumnType? {
    if valueCount == 0 { return .empty }
    if distinct == 1, !hasMoreDistinct { return .constant }
    guard distinct == 2, !hasMoreDistinct else { return nil }
    let values = numbers.ordered.map { DecimalNumber.text($0.value) } + (0..<texts.count).map { texts[$0] }
    return Self.yesAndNo.contains(Set(values.map { $0.lowercased() })) ? .yesNo : nil
  }

  private static let yesAndNo: [Set<String>] = [
    ["0", "1"], ["no", "yes"], ["n", "y"], ["false", "true"], ["f", "t"], ["nein", "ja"], ["non", "oui"],
    ["negative", "positive"], ["-", "+"], ["off", "on"],
  ]

  func range(_ kind: TableSchema.Kind) -> TableProfile.Range? {
    switch kind {
    case .number where numberCount > 0:
      TableProfile.Range(
        minimum: minimum, maximum: maximum, mean: sum / Double(numberCount),
        median: hasMoreNumbers ? sample.median : Self.median(numbers.ordered),
        isMedianExact: !hasMoreNumbers || sample.isWhole)
    case .date:
      TableProfile.Range(
        minimum: firstDay, maximum: lastDay, mean: daySum / Double(dateCount), median: days.median,
        isMedianExact: days.isWhole)
    default: nil
    }
  }

  /// The median of counted values, in ascending order.
  private static func median(_ counts: [(value: Double, count: Int)]) -> Double {
    let total = counts.reduce(0) { $0 + $1.count }
    func value(at place: Int) -> Double {
      var below = 0
      return counts.first {
        below += $0.count
        return below > place
      }?.value ?? .nan
    }
    return total.isMultiple(of: 2)
      ? value(at: total / 2 - 1) / 2 + value(at: total / 2) / 2 : value(at: total / 2)
  }

  /// Ordered by count, then numbers by value, then texts in the order of the file.
  func frequent(_ limit: Int) -> [TableProfile.Frequent] {
    let all =
      (hasMoreNumbers ? [] : numbers.ordered).map {
        TableProfile.Frequent(value: DecimalNumber.text($0.value), count: $0.count)
      }
      + counts.enumerated().map { TableProfile.Frequent(value: texts[$0.offset], count: $0.element) }
    let order = all.indices.sorted { (-all[$0].count, $0) < (-all[$1].count, $1) }
    return order.prefix(limit).map { all[$0] }
  }
}

/// How often each of a bounded number of numbers occurs: open addressing, never iterated in hash order.
struct NumberCounts {
  private(set) var count = 0
  private var keys: [UInt64] = []
  private var counts: [Int] = []

  /// Counts the value; false, and nothing is counted, when it is new and there are `limit` already.
  mutating func add(_ value: Double, limit: Int) -> Bool {
    if keys.isEmpty { resize(to: 16) }
    // Minus zero is zero.
    let key = (value == 0 ? 0.0 : value).bitPattern
    let place = slot(of: key)
    if counts[place] == 0 {
      guard count < limit else { return false }
      count += 1
      keys[place] = key
      counts[place] = 1
      if count * 2 > keys.count { resize(to: keys.count * 2) }
    } else {
      counts[place] += 1
    }
    return true
  }

  /// The values in ascending order.
  var ordered: [(value: Double, count: Int)] {
    zip(keys, counts).filter { $0.1 > 0 }.map { (Double(bitPattern: $0), $1) }.sorted { $0.value < $1.value }
  }

  /// Fibonacci hashing (Knuth, TAOCP 3, §6.4), then the next free place. The product's top bits depend on all
  /// bits of the number; its low ones are zero for short numbers.
  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    let bits = UInt64(keys.count.trailingZeroBitCount)
    var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> (64 &- bits))
    while counts[place] != 0, keys[place] != key { place = (place + 1) & mask }
    return place
  }

  private mutating func resize(to capacity: Int) {
    let (oldKeys, oldCounts) = (keys, counts)
    keys = [UInt64](repeating: 0, count: capacity)
    counts = [Int](repeating: 0, count: capacity)
    for (key, count) in zip(oldKeys, oldCounts) where count > 0 {
      let place = slot(of: key)
      keys[place] = key
      counts[place] = count
    }
  }
}

/// Every k-th value, where k doubles whenever 8,192 are held: the same rows in every run.
struct EvenSample {
  private static let limit = 8_192
  private var values: [Double] = []
  private var step = 1
  private var seen = 0

  mutating func add(_ value: Double) {
    if seen & (step - 1) == 0 {
      if values.count == Self.limit {
        values = stride(from: 0, to: Self.limit, by: 2).map { values[$0] }
        step *= 2
      }
      if seen & (step - 1) == 0 { values.append(value) }
    }
    seen += 1
  }

  /// Whether every value is held.
  var isWhole: Bool { step == 1 }

  var median: Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? sorted[middle - 1] / 2 + sorted[middle] / 2 : sorted[middle]
  }
}
