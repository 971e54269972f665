/// A push parser for delimited text: RFC 4180, and what real files add to it.
///
/// - Rows end with CRLF, LF or CR; the last one may lack its end; lines of blanks only hold no row.
/// - A field may be quoted; then it may hold delimiters, line ends and doubled quotes. Blanks (space, tab)
///   around an unquoted field, and outside the quotes of a quoted one, are dropped. A quote inside an
///   unquoted field stands for itself (RFC 4180 leaves it undefined).
/// - A UTF-8 byte order mark is skipped. Text must be UTF-8, without zero bytes.
/// - The delimiter is given, or else found from the first line that is not empty.
/// - The first row names the columns unless names are given.
///
/// Pieces may be cut anywhere, also within a character or between CR and LF: the rows are the same.
///
/// Plain fields are found 64 bytes at a time (`CSVBlock`); quoted and non-ASCII ones, and those cut by the
/// end of a piece, byte by byte. The two share one state, so that either can go on where the other stopped.
package struct CSVParser<Sink: CSVSink> {
  enum State {
    /// Before the first byte of a field, or in the blanks before it.
    case fieldStart
    /// In an unquoted field; what earlier pieces held of it is in `pending`.
    case unquoted
    /// Between the quotes.
    case quoted
    /// After a quote in a quoted field: the closing one, or the first of a doubled one.
    case quoteInQuoted
    /// After the closing quote.
    case afterQuoted
  }

  package var sink: Sink
  let file: String
  let decimalComma: Bool

  /// The first bytes, until the delimiter is known; nil from then on.
  var head: [UInt8]? = []
  var delimiter: UInt8
  let delimiterIsGiven: Bool

  var state = State.fieldStart
  var pending: [UInt8] = []
  /// The physical line that the next byte is on.
  var line = 1
  var fieldLine = 1
  var rowLine = 1
  /// The last byte was a CR that ended a line: an LF now belongs to it.
  var afterCR = false
  /// Fields of this row so far.
  var column = 0
  /// Number of columns; 0 until the header is read.
  var width = 0
  var header: [String] = []
  let givenNames: [String]?

  /// - Parameters:
  ///   - file: how errors call the file.
  ///   - delimiter: one ASCII byte that is no quote, line end, letter or digit; nil to find it.
  ///   - names: the columns' names where the file has no header line.
  ///   - decimalComma: numbers have a decimal comma, so that a comma is not looked for as the delimiter.
  package init(
    _ sink: Sink, file: String, delimiter: UInt8? = nil, names: [String]? = nil, decimalComma: Bool = false
  ) {
    self.sink = sink
    self.file = file
    self.delimiter = delimiter ?? UInt8(ascii: ",")
    self.delimiterIsGiven = delimiter != nil
    self.givenNames = names
    self.decimalComma = decimalComma
  }

  /// Reads the next piece of the file.
  package mutating func consume(_ chunk: UnsafeRawBufferPointer) throws(TableError) {
    let bytes = UnsafeBufferPointer(
      start: chunk.baseAddress?.assumingMemoryBound(to: UInt8.self), count: chunk.count)
    let start = head == nil ? 0 : try consumeHead(bytes)
    try scan(bytes, from: start)
  }

  /// The file has ended.
  package mutating func finish() throws(TableError) {
    if head != nil { try beginRows() }
    switch state {
    case .fieldStart where column == 0: break
    case .fieldStart, .unquoted, .afterQuoted, .quoteInQuoted:
      try deliverPending(endsRow: true)
      try endRow()
    case .quoted:
      throw fault(.unterminatedQuote, "a quote is opened here and never closed", line: fieldLine)
    }
    if width == 0 { throw TableError(.empty, "is empty", at: .init(file: file)) }
  }

  mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(TableError) {
    var next = start
    while next < bytes.count {
      if state == .fieldStart { next = try scanPlainFields(bytes, from: next) }
      if next < bytes.count { next = try scanCarefully(bytes, from: next) }
    }
  }

  /// Goes on until a field is whole or the bytes end; returns the index of the first byte not used.
  private mutating func scanCarefully(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(TableError) -> Int {
    var next = start
    while next < bytes.count {
      let byte = bytes[next]
      switch state {
      case .fieldStart:
        if byte == UInt8(ascii: "\n"), afterCR, column == 0 {
          next += 1
        } else if isBlank(byte) {
          next += 1
        } else {
          fieldLine = line
          state = byte == UInt8(ascii: "\"") ? .quoted : .unquoted
          if state == .quoted { next += 1 }
        }
        afterCR = false
      case .unquoted:
        let end = try endOfUnquoted(bytes, from: next)
        let piece = UnsafeBufferPointer(rebasing: bytes[next..<end])
        guard end < bytes.count else {
          try keep(piece)
          return end
        }
        if pending.isEmpty {
          state = .fieldStart
          try deliver(piece, isQuoted: false, endsRow: bytes[end] != delimiter)
        } else {
          try keep(piece)
          try deliverPending(endsRow: bytes[end] != delimiter)
        }
        try endField(with: bytes[end])
        return end + 1
      case .quoted:
        let end = try endOfQuoted(bytes, from: next)
        let piece = UnsafeBufferPointer(rebasing: bytes[next..<end])
        if end + 1 < bytes.count, pending.isEmpty, isSeparator(bytes[end + 1]) {
          state = .fieldStart
          try deliver(piece, isQuoted: true, endsRow: bytes[end + 1] != delimiter)
          try endField(with: bytes[end + 1])
          return end + 2
        }
        try keep(piece)
        if end < bytes.count { state = .quoteInQuoted }
        next = end + 1
      case .quoteInQuoted where byte == UInt8(ascii: "\""):
        pending.append(byte)
        state = .quoted
        next += 1
      case .quoteInQuoted:
        state = .afterQuoted
      case .afterQuoted where isBlank(byte):
        next += 1
      case .afterQuoted:
        guard isSeparator(byte) else {
          throw fault(.textAfterQuote, "text follows the closing quote of this field", line: line)
        }
        try deliverPending(endsRow: byte != delimiter)
        try endField(with: byte)
        return next + 1
      }
    }
    return bytes.count
  }

  private func endOfUnquoted(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(TableError) -> Int {
    var next = start
    while next < bytes.count, !isSeparator(bytes[next]) {
      if bytes[next] == 0 { throw nulByte() }
      next += 1
    }
    return next
  }

  /// The index of the next quote, or the end; counts the lines between.
  private mutating func endOfQuoted(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(TableError) -> Int {
    var next = start
    while next < bytes.count {
      switch bytes[next] {
      case UInt8(ascii: "\""):
        afterCR = false
        return next
      case UInt8(ascii: "\n"):
        if !afterCR { line += 1 }
        afterCR = false
      case UInt8(ascii: "\r"):
        line += 1
        afterCR = true
      case 0: throw nulByte()
      default: afterCR = false
      }
      next += 1
    }
    return next
  }

  @inline(__always)
  private func isSeparator(_ byte: UInt8) -> Bool {
    byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  @inline(__always)
  func isBlank(_ byte: UInt8) -> Bool {
    (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && byte != delimiter
  }

  private mutating func keep(_ piece: UnsafeBufferPointer<UInt8>) throws(TableError) {
    guard pending.count + piece.count <= CSVLimits.fieldBytes else { throw fieldTooLong() }
    pending.append(contentsOf: piece)
  }

  private mutating func deliverPending(endsRow: Bool) throws(TableError) {
    let isQuoted = state == .afterQuoted || state == .quoteInQuoted
    state = .fieldStart
    var whole: [UInt8] = []
    swap(&whole, &pending)
    try whole.withUnsafeBufferPointer { bytes throws(TableError) in
      try deliver(bytes, isQuoted: isQuoted, endsRow: endsRow)
    }
    whole.removeAll(keepingCapacity: true)
    swap(&whole, &pending)
  }

  /// What follows a field that was delivered: the next one, or the next row.
  private mutating func endField(with separator: UInt8) throws(TableError) {
    guard separator != delimiter else { return }
    try endRow()
    line += 1
    rowLine = line
    afterCR = separator == UInt8(ascii: "\r")
  }
}
