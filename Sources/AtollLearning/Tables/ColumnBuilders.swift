/// Collects columns of numbers row by row.
///
/// Fields arrive by row and are kept by column: blocks of rows are staged in one buffer and moved to the
/// columns together, so that a row does not touch one growing array per column.
struct NumberStaging {
  private static let rows = 512
  /// Not a multiple of the page size, or the columns of a row would compete for the same cache lines.
  private static let stride = rows + 8

  private let buffer: Buffer
  private let cells: UnsafeMutablePointer<Double>
  private var row = 0
  private var columns: [[Double]]
  /// The part of the source that has been read, as far as known; else 0.
  var share = 0.0

  private final class Buffer {
    let cells: UnsafeMutablePointer<Double>

    init(count: Int) {
      cells = .allocate(capacity: count)
      cells.initialize(repeating: .nan, count: count)
    }

    deinit { cells.deallocate() }
  }

  init(columns count: Int) {
    buffer = Buffer(count: max(1, count * Self.stride))
    cells = buffer.cells
    columns = [[Double]](repeating: [], count: count)
  }

  /// Sets a value of the current row.
  @inline(__always)
  func set(_ column: Int, _ value: Double) {
    cells[column &* Self.stride &+ row] = value
  }

  @inline(__always)
  mutating func endRow() {
    row += 1
    if row == Self.rows { flush() }
  }

  /// The columns so far; from here on it begins anew.
  mutating func finish() -> [[Double]] {
    flush()
    defer { columns = [[Double]](repeating: [], count: columns.count) }
    return columns
  }

  @inline(never)
  private mutating func flush() {
    for column in columns.indices {
      let needed = columns[column].count + row
      if needed > columns[column].capacity { columns[column].reserveCapacity(foreseen(needed)) }
      columns[column].append(contentsOf: UnsafeBufferPointer(start: cells + column * Self.stride, count: row))
    }
    row = 0
  }

  /// The rows to make room for: what the rest of the source will bring at this rate and 3 %, if that is known.
  /// Doubling, as arrays do, would copy everything and hold up to twice the memory.
  private func foreseen(_ needed: Int) -> Int {
    guard share > 0 else { return needed * 2 }
    // At most 64-fold, since the first rows may be unlike the rest; at least by a quarter, to stay linear.
    let rows = Int(Double(needed) / share * 1.03) + Self.rows
    return max(needed + needed / 4, min(rows, needed * 64))
  }
}

/// Collects one column of categories.
struct CategoryBuilder {
  enum Outcome { case known, unknown, tooMany }

  private var texts = TextTable()
  private var codes: [Int32] = []
  private let declared: [String]?
  /// With declared levels, the level of each text seen, or −1.
  private var levelOfText: [Int32] = []

  init(levels: [String]?) {
    declared = levels
  }

  /// The declared levels, for an error.
  var declaredList: String {
    let levels = declared ?? []
    return levels.prefix(8).map { quoted($0) }.joined(separator: ", ") + (levels.count > 8 ? ", …" : "")
  }

  @inline(__always)
  mutating func appendMissing() { codes.append(-1) }

  @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8) -> Outcome {
    let text = texts.insert(bytes)
    guard let declared else {
      codes.append(Int32(truncatingIfNeeded: text))
      return texts.count <= CSVLimits.levels ? .known : .tooMany
    }
    if text == levelOfText.count { levelOfText.append(level(of: bytes, among: declared, decimal: decimal)) }
    codes.append(levelOfText[text])
    return levelOfText[text] >= 0 ? .known : texts.count <= CSVLimits.levels ? .unknown : .tooMany
  }

  private func level(of bytes: UnsafeBufferPointer<UInt8>, among levels: [String], decimal: UInt8) -> Int32 {
    let text = String(decoding: bytes, as: UTF8.self)
    if let index = levels.firstIndex(of: text) { return Int32(index) }
    let number = DecimalNumber.parse(bytes, decimal: decimal)
    return levels.firstIndex { Levels.number($0) == number }.map { Int32($0) } ?? -1
  }

  /// The finished column. Levels that were not declared are ordered by `Levels`.
  func column() -> Table.Column {
    if let declared { return .category(codes: codes, levels: declared) }
    let spelled = Self.spelled((0..<texts.count).map { texts[$0] })
    let levels = Levels.ordered(Set(spelled))
    let codeOfLevel = Dictionary(uniqueKeysWithValues: zip(levels, Int32(0)...))
    let renumbered = spelled.map { codeOfLevel[$0] ?? -1 }
    return .category(codes: codes.map { $0 < 0 ? -1 : renumbered[Int($0)] }, levels: levels)
  }

  /// Numbers that stand for categories are spelled alike, `1.0` as `1`, so that sites agree whose programs
  /// write them differently. Not so where a text is no number, where zeros lead (`007`), or where two texts
  /// are one number (`250.0` and `250.00` are two diagnoses).
  private static func spelled(_ texts: [String]) -> [String] {
    var plain: [String] = []
    for text in texts {
      let number = Levels.number(text)
      let digits = text.drop { $0 == "-" || $0 == "+" }
      let hasLeadingZero = digits.first == "0" && digits.dropFirst().first?.isNumber == true
      guard number.isFinite, !hasLeadingZero else { return texts }
      plain.append(DecimalNumber.text(number))
    }
    return Set(plain).count == texts.count ? plain : texts
  }
}
