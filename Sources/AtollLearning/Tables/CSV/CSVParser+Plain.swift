/// The fast road: fields without quotes, in ASCII, whole within one piece of the file.
extension CSVParser {
  /// Delivers plain fields from `start`, which must be the start of a field; returns the start of the first
  /// field that it leaves to the careful road.
  mutating func scanPlainFields(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(TableError) -> Int {
    guard let base = bytes.baseAddress else { return start }
    var fieldStart = start
    var blockStart = start
    while bytes.count - blockStart >= CSVBlock.width {
      let block = CSVBlock(base + blockStart, delimiter: delimiter)
      var separators = block.plainSeparators
      while separators != 0 {
        let end = blockStart + separators.trailingZeroBitCount
        separators &= separators &- 1
        let separator = base[end]
        let field = UnsafeBufferPointer(start: base + fieldStart, count: end - fieldStart)
        fieldLine = line
        if separator == delimiter {
          try deliverPlain(field)
        } else if separator == UInt8(ascii: "\n"), afterCR, column == 0, field.count == 0 {
          afterCR = false
        } else {
          if column > 0 || !isAllBlank(field) {
            try deliverPlain(field)
            try endRow()
          }
          line += 1
          rowLine = line
          afterCR = separator == UInt8(ascii: "\r")
        }
        fieldStart = end + 1
      }
      if block.hasOddBytes { return fieldStart }
      blockStart += CSVBlock.width
    }
    return fieldStart
  }

  @inline(__always)
  private mutating func deliverPlain(_ field: UnsafeBufferPointer<UInt8>) throws(TableError) {
    // A blank is rare at either end; every plain byte below `!` is one, or is an odd control character.
    let isTrimmed = field.count == 0 || (field[0] > 0x20 && field[field.count - 1] > 0x20)
    let trimmed = isTrimmed ? field : self.trimmed(field)
    guard trimmed.count <= CSVLimits.fieldBytes else { throw fieldTooLong() }
    guard column < width else { return try deliverBeyond(trimmed) }
    try sink.field(trimmed, column: column, line: line)
    column += 1
  }

  @inline(__always)
  private func isAllBlank(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
    field.count == 0 || (field[0] <= 0x20 && trimmed(field).count == 0)
  }
}

/// Where the separators stand among 64 bytes, by arithmetic on eight words of eight bytes each.
///
/// For a byte x below 128, `128 - x` has its top bit set exactly when x is 0, and borrows nothing from the
/// byte above. So `word ^ pattern` finds a character in all eight bytes with one subtraction. A byte of 128
/// or more may spoil the answer for the bytes above it only, and it is itself an odd byte, behind which
/// nothing is read from the block.
struct CSVBlock {
  static let width = 64

  /// The separators (delimiter, LF, CR) before the first odd byte, one bit a byte.
  let plainSeparators: UInt64
  /// There is a quote, a zero byte or a byte beyond ASCII.
  let hasOddBytes: Bool

  private static let tops: UInt64 = 0x8080_8080_8080_8080

  @inline(__always)
  init(_ start: UnsafePointer<UInt8>, delimiter: UInt8) {
    let delimiters = UInt64(delimiter) &* 0x0101_0101_0101_0101
    let (lineFeeds, returns, quotes): (UInt64, UInt64, UInt64) = (
      0x0A0A_0A0A_0A0A_0A0A, 0x0D0D_0D0D_0D0D_0D0D, 0x2222_2222_2222_2222
    )
    let raw = UnsafeRawPointer(start)
    let tops = Self.tops
    var separators: UInt64 = 0
    var odd: UInt64 = 0
    for index in 0..<8 {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self))
      let hits = (tops &- (word ^ delimiters)) | (tops &- (word ^ lineFeeds)) | (tops &- (word ^ returns))
      separators |= Self.gathered(hits & tops) &<< UInt64(8 &* index)
      odd |= (tops &- (word ^ quotes)) | (tops &- word) | word
    }
    guard odd & tops != 0 else {
      plainSeparators = separators
      hasOddBytes = false
      return
    }
    hasOddBytes = true
    var first = 0
    while true {
      let byte = start[first]
      if byte == 0 || byte == UInt8(ascii: "\"") || byte >= 0x80 { break }
      first += 1
    }
    plainSeparators = separators & ((1 << UInt64(first)) &- 1)
  }

  /// The top bits of eight bytes as eight bits: bit 8i moves to 56 + i, all other products fall off or stay below.
  @inline(__always)
  private static func gathered(_ word: UInt64) -> UInt64 {
    ((word &>> 7) &* 0x0102_0408_1020_4080) &>> 56
  }
}
