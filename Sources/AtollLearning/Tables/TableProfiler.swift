/// Collects a `TableProfile` from the rows of a file.
struct TableProfiler: CSVSink {
  private let format: TableFormat
  private let file: String
  private let decimal: UInt8
  private let missing: MissingValues

  private var fileNames: [String] = []
  private var names: [String] = []
  private var summaries: [ColumnSummary] = []
  private var ragged = FaultLog()
  private(set) var rowCount = 0
  private(set) var delimiter = UInt8(ascii: ",")

  init(format: TableFormat, file: String) {
    self.format = format
    self.file = file
    decimal = format.decimal.byte
    missing = MissingValues(format.missingValues, decimal: format.decimal.byte)
  }

  mutating func begin(names: [String], delimiter: UInt8) throws(TableError) {
    fileNames = names
    self.names = try format.renamed(names, file: file)
    self.delimiter = delimiter
    // At most four million values are remembered in all, and 256 MiB of their text.
    let limit = min(TableProfile.distinctLimit, max(16, 4_000_000 / names.count))
    summaries = names.map { _ in ColumnSummary(distinctLimit: limit, textLimit: (1 << 28) / names.count) }
  }

  mutating func field(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, line: Int) throws(TableError) {
    try plainField(bytes, lead: 0, column: column, line: line)
  }

  @inline(__always)
  mutating func plainField(
    _ bytes: UnsafeBufferPointer<UInt8>, lead: Int, column: Int, line: Int
  ) throws(TableError) {
    if missing.contains(bytes) {
      summaries[column].missing += 1
    } else {
      summaries[column].add(bytes, lead: lead, decimal: decimal, line: line)
    }
  }

  mutating func endRow(line: Int) throws(TableError) {
    rowCount += 1
  }

  mutating func endRaggedRow(_ fault: TableError) throws(TableError) {
    ragged.note(fault)
  }

  func checkRows() throws(TableError) {
    try ragged.throwFirst()
    guard rowCount == 0 else { return }
    throw TableError(
      .noRows, format.columns == nil ? "has a header line and no rows" : "has no rows", at: .init(file: file))
  }

  func columns() -> [TableProfile.Column] {
    zip(names, summaries).enumerated().map { index, pair in
      let (name, summary) = pair
      let kind = summary.kind
      let reason = identifierReason(name: name, summary: summary)
      return TableProfile.Column(
        name: name, type: summary.type ?? (reason == nil ? Self.type(of: kind) : .identifier), kind: kind,
        missing: summary.missing, range: summary.range(kind), distinct: summary.distinct,
        hasMoreDistinct: summary.hasMoreDistinct, frequent: summary.frequent(5),
        reason: summary.type == nil ? reason : nil,
        fault: kind == .number ? fault(of: summary, column: index) : nil)
    }
  }

  private static func type(of kind: TableSchema.Kind) -> ColumnType {
    switch kind {
    case .number: .number
    case .category: .category
    case .date: .date
    }
  }

  private func fault(of summary: ColumnSummary, column: Int) -> TableError? {
    guard let line = summary.textLines.first else { return nil }
    var text = summary.firstText
    let fault = text.withUTF8 {
      NumberFault($0, value: DecimalNumber.parse($0, decimal: decimal), decimal: decimal)
    }
    return TableError(
      fault.code, "\(fault.message) (column \(fileNames[column]))",
      at: .init(file: file, line: line, column: column + 1), alsoLines: Array(summary.textLines.dropFirst()),
      alsoCount: summary.textCount - 1, remedy: fault.remedy)
  }
}
