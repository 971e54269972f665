extension Table {
  /// Reads a table of delimited text.
  ///
  /// - Parameters:
  ///   - source: the text; read once, or twice when no schema is given.
  ///   - schema: the columns wanted and what they hold. Nil takes every column that is neither a date nor
  ///     looks like an identifier, with the kinds that `TableProfile` finds.
  ///   - format: how the file spells its table.
  /// - Throws: `TableError`, or what `source` throws.
  public init(
    csv source: some ByteSource, schema: TableSchema? = nil, format: TableFormat = TableFormat()
  ) throws {
    let schema = try schema ?? TableProfile(csv: source, format: format).schema()
    try schema.check(file: source.name)
    var parser = CSVParser(
      TableLoader(schema: schema, format: format, file: source.name), file: source.name,
      delimiter: try format.delimiterByte(file: source.name), names: format.columns,
      decimalComma: format.decimal == .comma)
    let byteCount = source.byteCount
    var consumed = 0
    try source.forEachChunk { chunk in
      // In pieces, so that a source in one chunk is not taken for read before its first row is.
      for start in stride(from: 0, to: chunk.count, by: Self.piece) {
        let piece = UnsafeRawBufferPointer(rebasing: chunk[start..<min(start + Self.piece, chunk.count)])
        consumed += piece.count
        if let byteCount { parser.sink.expect(share: Double(consumed) / Double(byteCount)) }
        try parser.consume(piece)
      }
    }
    try parser.finish()
    self = try parser.sink.table()
  }

  /// Bytes between two looks at how much of the source has been read.
  private static var piece: Int { 1 << 17 }
}

extension Table {
  /// Reads a table of delimited text in parts, each given away before the next one is read: for what needs every row
  /// once, in memory that does not grow with the file.
  ///
  /// Levels of categories are those of a part.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - schema: the columns that are read.
  ///   - format: how the text is spelt.
  ///   - rows: of a part; the last one may have fewer.
  ///   - body: called with the parts in order. Its errors end the reading and are thrown on.
  /// - Throws: as ``init(csv:schema:format:)``.
  public static func forEachPart(
    csv source: some ByteSource, schema: TableSchema, format: TableFormat = TableFormat(),
    rows: Int = 1 << 16,
    _ body: (Table) throws -> Void
  ) throws {
    try schema.check(file: source.name)
    var parser = CSVParser(
      TableLoader(schema: schema, format: format, file: source.name, partRows: rows), file: source.name,
      delimiter: try format.delimiterByte(file: source.name), names: format.columns,
      decimalComma: format.decimal == .comma)
    try source.forEachChunk { chunk in
      try parser.consume(chunk)
      for part in parser.sink.takeParts() { try body(part) }
    }
    try parser.finish()
    for part in parser.sink.takeParts() { try body(part) }
    if let last = try parser.sink.lastPart() { try body(last) }
  }
}

/// Turns the fields of a file into the typed columns of a table.
struct TableLoader: CSVSink {
  /// What becomes of a field, by its column in the file.
  private enum Role {
    case skip
    case number(column: Int)
    case bounded(column: Int)
    case date(column: Int)
    case category(column: Int)
  }

  private let schema: TableSchema
  private let format: TableFormat
  private let file: String
  private let decimal: UInt8
  private let missing: MissingValues

  private var fileNames: [String] = []
  private var roles: [Role] = []
  /// The bounds of numbers, by their column in the file.
  private var bounds: [Int: ClosedRange<Double>] = [:]
  private var staging: NumberStaging
  private var categories: [CategoryBuilder]
  private var faults = FaultLog()
  /// Rows of the file, and those among them of the part that is being read.
  private var rowCount = 0
  private var rowsOfPart = 0
  private let partRows: Int
  private var parts: [Table] = []

  /// - Parameter partRows: the rows after which a table is whole and the next one begins.
  init(schema: TableSchema, format: TableFormat, file: String, partRows: Int = .max) {
    self.schema = schema
    self.format = format
    self.file = file
    decimal = format.decimal.byte
    missing = MissingValues(format.missingValues, decimal: format.decimal.byte)
    self.partRows = partRows
    staging = NumberStaging(columns: schema.columns.count(where: { $0.kind != .category }))
    categories = Self.categories(of: schema)
  }

  private static func categories(of schema: TableSchema) -> [CategoryBuilder] {
    schema.columns.filter { $0.kind == .category }.map { CategoryBuilder(levels: $0.levels) }
  }

  mutating func begin(names: [String], delimiter: UInt8) throws(TableError) {
    let renamed = try format.renamed(names, file: file)
    fileNames = names
    roles = names.map { _ in .skip }
    let places = Dictionary(uniqueKeysWithValues: zip(renamed, 0...))
    var (numberCount, categoryCount) = (0, 0)
    for column in schema.columns {
      guard let place = places[column.name] else {
        throw .missingColumn(column.name, among: renamed, in: file)
      }
      switch column.kind {
      case .category:
        roles[place] = .category(column: categoryCount)
        categoryCount += 1
      case .number where column.bounds != nil:
        roles[place] = .bounded(column: numberCount)
        bounds[place] = column.bounds
        numberCount += 1
      case .number:
        roles[place] = .number(column: numberCount)
        numberCount += 1
      case .date:
        roles[place] = .date(column: numberCount)
        numberCount += 1
      }
    }
  }

  mutating func field(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, line: Int) throws(TableError) {
    try plainField(bytes, lead: 0, column: column, line: line)
  }

  @inline(__always)
  mutating func plainField(
    _ bytes: UnsafeBufferPointer<UInt8>, lead: Int, column: Int, line: Int
  ) throws(TableError) {
    switch roles[column] {
    case .skip: break
    case .number(let number):
      let value = DecimalNumber.parseShort(bytes, lead: lead, decimal: decimal)
      // Nearly all: a number, and none that stands for a missing value.
      guard !value.isNaN, !missing.hasNumbers else { return unusualField(bytes, number, column, line) }
      staging.set(number, value)
    case .category(let category): try categoryField(bytes, category, column, line)
    case .bounded(let number): boundedField(bytes, number, column, line)
    case .date(let number): dateField(bytes, number, column, line)
    }
  }

  // Functions of their own, so that the loop over numbers stays small.

  @inline(never)
  private mutating func unusualField(
    _ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ column: Int, _ line: Int
  ) {
    if missing.contains(bytes) { return staging.set(number, .nan) }
    let value = DecimalNumber.parse(bytes, decimal: decimal)
    guard value.isFinite else { return noteNumber(bytes, value, column, line) }
    staging.set(number, value)
  }

  @inline(never)
  private mutating func boundedField(
    _ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ column: Int, _ line: Int
  ) {
    if missing.contains(bytes) { return staging.set(number, .nan) }
    let value = DecimalNumber.parse(bytes, decimal: decimal)
    guard value.isFinite, bounds[column]?.contains(value) != false else {
      return noteNumber(bytes, value, column, line)
    }
    staging.set(number, value)
  }

  @inline(never)
  private mutating func dateField(
    _ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ column: Int, _ line: Int
  ) {
    if missing.contains(bytes) { return staging.set(number, .nan) }
    guard let days = CalendarDate.days(bytes) else {
      return note(
        .notADate, "\(quoted(bytes)) is not a date", column, line,
        remedy: .words("dates are written 2025-12-31"))
    }
    staging.set(number, days)
  }

  @inline(never)
  private mutating func categoryField(
    _ bytes: UnsafeBufferPointer<UInt8>, _ category: Int, _ column: Int, _ line: Int
  ) throws(TableError) {
    if missing.contains(bytes) { return categories[category].appendMissing() }
    switch categories[category].append(bytes, decimal: decimal) {
    case .known: break
    case .unknown:
      note(.unknownCategory, "\(quoted(bytes)) is none of \(categories[category].declaredList)", column, line)
    case .tooMany:
      throw TableError(
        .tooManyCategories,
        "column \(fileNames[column]) has more than \(grouped(CSVLimits.levels)) different values",
        at: .init(file: file, line: line, column: column + 1),
        remedy: .words("is it an identifier? leave it out"))
    }
  }

  /// How much of the source will have been read when the next fields have come: 1 is all of it.
  mutating func expect(share: Double) {
    staging.share = min(1, max(share, 1e-6))
  }

  @inline(__always)
  mutating func endRow(line: Int) throws(TableError) {
    rowCount += 1
    rowsOfPart += 1
    staging.endRow()
    if rowsOfPart == partRows { try endPart() }
  }

  mutating func endRaggedRow(_ fault: TableError) throws(TableError) {
    faults.note(fault)
  }

  /// The table, when the file has ended.
  mutating func table() throws(TableError) -> Table {
    try faults.throwFirst()
    guard rowCount > 0 else {
      throw TableError(
        .noRows, format.columns == nil ? "has a header line and no rows" : "has no rows",
        at: .init(file: file))
    }
    return takeRows()
  }

  /// The parts that are whole and were not taken before.
  mutating func takeParts() -> [Table] {
    defer { parts = [] }
    return parts
  }

  /// What is left when the file has ended.
  mutating func lastPart() throws(TableError) -> Table? {
    rowsOfPart > 0 || rowCount == 0 ? try table() : nil
  }

  @inline(never)
  private mutating func endPart() throws(TableError) {
    try faults.throwFirst()
    parts.append(takeRows())
  }

  private mutating func takeRows() -> Table {
    defer {
      rowsOfPart = 0
      categories = Self.categories(of: schema)
    }
    var numbers = staging.finish().makeIterator()
    var built = categories.makeIterator()
    let columns = schema.columns.map { column -> Table.Column in
      // Safe because the builders were made from the same list.
      column.kind == .category ? built.next()!.column() : .number(numbers.next()!)
    }
    return Table(checkedNames: schema.columns.map(\.name), columns: columns, rowCount: rowsOfPart)
  }

  @inline(never)
  private mutating func noteNumber(
    _ bytes: UnsafeBufferPointer<UInt8>, _ value: Double, _ column: Int, _ line: Int
  ) {
    if let bounds = bounds[column], value.isFinite {
      let (low, high) = (DecimalNumber.text(bounds.lowerBound), DecimalNumber.text(bounds.upperBound))
      return note(.outOfBounds, "\(quoted(bytes)) is outside \(low) … \(high)", column, line)
    }
    let fault = NumberFault(bytes, value: value, decimal: decimal)
    note(fault.code, fault.message, column, line, remedy: fault.remedy)
  }

  private mutating func note(
    _ code: TableError.Code, _ message: String, _ column: Int, _ line: Int, remedy: TableError.Remedy? = nil
  ) {
    faults.note(
      TableError(
        code, "\(message) (column \(fileNames[column]))",
        at: .init(file: file, line: line, column: column + 1), remedy: remedy))
  }
}

/// Why a field is no number, in words.
struct NumberFault {
  let code: TableError.Code
  let message: String
  let remedy: TableError.Remedy?

  /// - Parameter value: what `DecimalNumber` made of the bytes.
  init(_ bytes: UnsafeBufferPointer<UInt8>, value: Double, decimal: UInt8) {
    let text = String(decoding: bytes.prefix(16), as: UTF8.self).lowercased()
    if value.isInfinite {
      (code, message) = (.notFinite, "\(quoted(bytes)) is too large for a number")
      remedy = nil
    } else if ["nan", "inf", "infinity"].contains(text.drop { $0 == "+" || $0 == "-" }) {
      (code, message) = (.notFinite, "\(quoted(bytes)) is not a finite number")
      remedy = .setting(
        "if it means that there is no value, list it:",
        .missingValue(String(decoding: bytes.prefix(16), as: UTF8.self)))
    } else {
      (code, message) = (.notANumber, "\(quoted(bytes)) is not a number")
      let other = decimal == UInt8(ascii: ".") ? UInt8(ascii: ",") : UInt8(ascii: ".")
      let isOtherMark = !DecimalNumber.parse(bytes, decimal: other).isNaN
      remedy =
        !isOtherMark
        ? .words("if the column is no measurement, declare it a category")
        : other == UInt8(ascii: ",")
          ? .setting("a decimal point in the file, or", .decimal(.comma))
          : .setting("a decimal comma in the file, or", .decimal(.point))
    }
  }
}
