/// From fields to rows: the header, the number of columns, and the sentences of what goes wrong.
extension CSVParser {
  // MARK: The head of the file

  /// Collects bytes until the first line that is not empty has ended; returns how many were taken.
  mutating func consumeHead(_ bytes: UnsafeBufferPointer<UInt8>) throws(TableError) -> Int {
    var collected = head ?? []
    head = []
    var inQuotes = collected.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) == false
    var hasText = collected.contains { !isLineEnd($0) && !isBlank($0) }
    for (index, byte) in bytes.enumerated() {
      collected.append(byte)
      if byte == UInt8(ascii: "\"") { inQuotes.toggle() }
      if isLineEnd(byte), hasText, !inQuotes {
        head = collected
        try beginRows()
        return index + 1
      }
      if !isLineEnd(byte), !isBlank(byte) { hasText = true }
      if collected.count == CSVLimits.headBytes {
        head = collected
        try beginRows()
        return index + 1
      }
    }
    head = collected
    return bytes.count
  }

  /// Settles the delimiter from the head and reads it.
  mutating func beginRows() throws(TableError) {
    var collected = head ?? []
    head = nil
    if collected.starts(with: [0xEF, 0xBB, 0xBF]) { collected.removeFirst(3) }
    if collected.starts(with: [0xFF, 0xFE]) || collected.starts(with: [0xFE, 0xFF]) {
      throw TableError(.invalidUTF8, "is UTF-16 text: save it as UTF-8", at: .init(file: file))
    }
    let hasText = collected.contains { !isLineEnd($0) && !isBlank($0) }
    if !delimiterIsGiven, hasText { delimiter = likelyDelimiter(in: collected) }
    if let givenNames { try begin(names: givenNames, line: nil) }
    try collected.withUnsafeBufferPointer { bytes throws(TableError) in try scan(bytes, from: 0) }
  }

  /// The candidate found most often outside quotes; the earlier one in `, ; tab |` where two are equal.
  private func likelyDelimiter(in head: [UInt8]) -> UInt8 {
    var counts = [Int](repeating: 0, count: 128)
    var inQuotes = false
    for byte in head where byte < 128 {
      if byte == UInt8(ascii: "\"") { inQuotes.toggle() }
      if !inQuotes { counts[Int(byte)] += 1 }
    }
    if decimalComma { counts[Int(UInt8(ascii: ","))] = 0 }
    var best = UInt8(ascii: decimalComma ? ";" : ",")
    for candidate in ",;\t|".utf8 where counts[Int(candidate)] > counts[Int(best)] { best = candidate }
    return best
  }

  private func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  // MARK: Fields

  /// A field that may need trimming and has not been looked at for UTF-8.
  mutating func deliver(
    _ field: UnsafeBufferPointer<UInt8>, isQuoted: Bool, endsRow: Bool
  ) throws(TableError) {
    let text = isQuoted ? field : trimmed(field)
    guard text.count <= CSVLimits.fieldBytes else { throw fieldTooLong() }
    guard isUTF8(text) else {
      throw fault(
        .invalidUTF8, "this field is not UTF-8 text: it holds the byte \(firstOddByte(text))",
        line: fieldLine)
    }
    if endsRow, column == 0, !isQuoted, text.count == 0 { return }
    guard column < width else { return try deliverBeyond(text) }
    try sink.field(text, column: column, line: fieldLine)
    column += 1
  }

  /// A name in the header, or a field beyond the last column, which is counted only.
  @inline(never)
  mutating func deliverBeyond(_ text: UnsafeBufferPointer<UInt8>) throws(TableError) {
    if width == 0 {
      guard column < CSVLimits.columns else {
        throw fault(.tooManyColumns, "there are more than \(grouped(CSVLimits.columns)) columns", line: line)
      }
      header.append(String(decoding: text, as: UTF8.self))
    }
    column += 1
  }

  /// Ends the row; one without fields was a blank line.
  @inline(__always)
  mutating func endRow() throws(TableError) {
    let fields = column
    column = 0
    if fields == width, fields > 0 { return try sink.endRow(line: rowLine) }
    try endOtherRow(fields: fields)
  }

  @inline(never)
  private mutating func endOtherRow(fields: Int) throws(TableError) {
    guard fields > 0 else { return }
    guard width > 0 else { return try begin(names: header, line: rowLine) }
    let expected = givenNames == nil ? "the header has \(width)" : "\(width) columns are named"
    let have = fields == 1 ? "1 field" : "\(grouped(fields)) fields"
    let location = TableError.Location(file: file, line: rowLine, column: min(fields, width) + 1)
    try sink.endRaggedRow(TableError(.raggedRow, "this row has \(have), \(expected)", at: location))
  }

  @inline(never)
  func trimmed(_ field: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (from, end) = (0, field.count)
    while from < end, isBlank(field[from]) { from += 1 }
    while from < end, isBlank(field[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: field[from..<end])
  }

  // MARK: The header

  /// - Parameter line: the header's line, nil where the names were given.
  private mutating func begin(names: [String], line: Int?) throws(TableError) {
    var seen: [String: Int] = [:]
    let remedy: TableError.Remedy? =
      line == nil ? nil : .setting("if the file has no header line, name its columns:", .columns)
    if line != nil, names.count(where: isFractional) * 2 > names.count {
      throw TableError(
        .headerless, "the first line holds numbers where names were expected",
        at: .init(file: file, line: line), remedy: remedy)
    }
    for (index, name) in names.enumerated() {
      let location = TableError.Location(file: file, line: line, column: line == nil ? nil : index + 1)
      if name.isEmpty {
        throw TableError(.unnamedColumn, "column \(index + 1) has no name", at: location, remedy: remedy)
      }
      if let other = seen.updateValue(index, forKey: name) {
        throw TableError(
          .duplicateColumn, "the name \(quoted(name)) stands for column \(other + 1) and column \(index + 1)",
          at: location, remedy: remedy)
      }
    }
    guard !names.isEmpty, names.count <= CSVLimits.columns else {
      throw TableError(
        .tooManyColumns, "1 to \(grouped(CSVLimits.columns)) columns can be named", at: .init(file: file))
    }
    width = names.count
    header = []
    try sink.begin(names: names, delimiter: delimiter)
  }

  /// Not a whole number, which may well be a name: pixel 17, year 2024.
  private func isFractional(_ name: String) -> Bool {
    var name = name
    let isWhole = name.utf8.allSatisfy { 48...57 ~= $0 }
    return !isWhole && name.withUTF8 { !DecimalNumber.parse($0, decimal: UInt8(ascii: ".")).isNaN }
  }

  // MARK: Faults

  func fault(_ code: TableError.Code, _ message: String, line: Int) -> TableError {
    TableError(code, message, at: .init(file: file, line: line, column: column + 1))
  }

  func nulByte() -> TableError {
    fault(.nulByte, "this field holds a zero byte: is this a text file?", line: line)
  }

  func fieldTooLong() -> TableError {
    fault(
      .fieldTooLong, "this field is longer than \(grouped(CSVLimits.fieldBytes)) bytes: is a quote missing?",
      line: fieldLine)
  }

  private func firstOddByte(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let byte = bytes.first { $0 >= 0x80 } ?? 0
    return "0x" + String(byte, radix: 16, uppercase: true)
  }
}

/// Unicode 16.0, table 3-7: well-formed UTF-8 byte sequences.
func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  var next = 0
  while next < bytes.count {
    // Eight bytes of ASCII at a time.
    while bytes.count - next >= 8 {
      let eight = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: next, as: UInt64.self)
      guard eight & 0x8080_8080_8080_8080 == 0 else { break }
      next += 8
    }
    guard next < bytes.count else { break }
    let lead = bytes[next]
    next += 1
    if lead < 0x80 { continue }
    let (more, second): (Int, ClosedRange<UInt8>)
    switch lead {
    case 0xC2...0xDF: (more, second) = (1, 0x80...0xBF)
    case 0xE0: (more, second) = (2, 0xA0...0xBF)
    case 0xED: (more, second) = (2, 0x80...0x9F)
    case 0xE1...0xEF: (more, second) = (2, 0x80...0xBF)
    case 0xF0: (more, second) = (3, 0x90...0xBF)
    case 0xF1...0xF3: (more, second) = (3, 0x80...0xBF)
    case 0xF4: (more, second) = (3, 0x80...0x8F)
    default: return false
    }
    guard next + more <= bytes.count, second ~= bytes[next] else { return false }
    for offset in 1..<max(more, 1) where !(0x80...0xBF ~= bytes[next + offset]) { return false }
    next += more
  }
  return true
}
