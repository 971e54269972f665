import CAtollKernels

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
        if separator == delimiter {
          try deliverPlain(field, lead: fieldStart)
        } else if separator == UInt8(ascii: "\n"), afterCR, column == 0, field.count == 0 {
          afterCR = false
        } else {
          if column > 0 || !isAllBlank(field) {
            try deliverPlain(field, lead: fieldStart)
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
  private mutating func deliverPlain(
    _ field: UnsafeBufferPointer<UInt8>, lead: Int
  ) throws(TableError) {
    // A blank is rare at either end; every plain byte below `!` is one, or is an odd control character.
    let isTrimmed = field.count == 0 || (field[0] > 0x20 && field[field.count - 1] > 0x20)
    let trimmed = isTrimmed ? field : self.trimmed(field)
    guard trimmed.count <= CSVLimits.fieldBytes else {
      fieldLine = line
      throw fieldTooLong()
    }
    guard column < width else { return try deliverBeyond(trimmed) }
    try sink.plainField(trimmed, lead: lead, column: column, line: line)
    column += 1
  }

  @inline(__always)
  private func isAllBlank(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
    field.count == 0 || (field[0] <= 0x20 && trimmed(field).count == 0)
  }
}

/// Where the separators stand among 64 bytes.
struct CSVBlock {
  static let width = 64

  /// The separators (delimiter, LF, CR) before the first odd byte, one bit a byte.
  let plainSeparators: UInt64
  /// There is a quote, a zero byte or a byte beyond ASCII.
  let hasOddBytes: Bool

  @inline(__always)
  init(_ start: UnsafePointer<UInt8>, delimiter: UInt8) {
    let marks = atoll_find_marks(start, delimiter)
    hasOddBytes = marks.odd != 0
    // All bits below the lowest odd one; all there are where none is.
    plainSeparators = marks.separators & ((marks.odd & (0 &- marks.odd)) &- 1)
  }
}
