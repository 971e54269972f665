/// The names in the first line of a file.
public struct TableHeader: Hashable, Sendable {
  /// The names of the columns, in order.
  public let names: [String]

  /// Reads as far as the first line, which is taken for names whatever the format says of columns.
  ///
  /// - Throws: `TableError` where the line cannot be names, or what `source` throws.
  public init(csv source: some ByteSource, format: TableFormat = TableFormat()) throws {
    var parser = CSVParser(
      Sink(), file: source.name, delimiter: try format.delimiterByte(file: source.name),
      decimalComma: format.decimal == .comma)
    do {
      try source.forEachChunk { chunk in
        try parser.consume(chunk)
        if !parser.sink.names.isEmpty { throw Enough() }
      }
      try parser.finish()
    } catch is Enough {}
    names = parser.sink.names
  }

  private struct Enough: Error {}

  private struct Sink: CSVSink {
    var names: [String] = []

    mutating func begin(names: [String], delimiter: UInt8) { self.names = names }
    mutating func field(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, line: Int) {}
    mutating func endRow(line: Int) {}
    mutating func endRaggedRow(_ fault: TableError) {}
  }
}
