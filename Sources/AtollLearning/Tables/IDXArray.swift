/// An array in the IDX format of the MNIST files: images, labels, or any array of up to four dimensions.
///
/// Format (Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "File formats"): two zero bytes, a
/// type, the number of dimensions, each dimension in four bytes, then the elements in row-major order; all
/// numbers are big-endian. MNIST's images have the magic number 2051 (bytes, 3 dimensions), its labels 2049.
public struct IDXArray: Hashable, Sendable {
  /// The elements, in the order of the file.
  public enum Elements: Hashable, Sendable {
    /// Unsigned bytes.
    case bytes([UInt8])
    /// Whole numbers of 8, 16 or 32 bits.
    case integers([Int32])
    /// Numbers in single precision.
    case floats([Float])
  }

  /// Lengths of the dimensions, the outermost first: `[60000, 28, 28]`.
  public let shape: [Int]
  /// Row-major, `shape`'s product in number.
  public let elements: Elements

  /// More elements than this are refused before anything is allocated.
  public static let elementLimit = 1 << 32

  /// Reads an array.
  ///
  /// - Parameters:
  ///   - source: the bytes of the file.
  ///   - dimensions: how many there must be, if that is known: 3 for images, 1 for labels.
  /// - Throws: `TableError` when the bytes are no such array, too few or too many; or what `source` throws.
  public init(idx source: some ByteSource, dimensions: Int? = nil) throws {
    var reader = IDXReader(file: source.name, dimensions: dimensions)
    try source.forEachChunk { try reader.consume($0) }
    (shape, elements) = try reader.finish()
  }
}

/// Collects the bytes of an IDX file; never holds more than its header announces.
private struct IDXReader {
  private enum ElementType: UInt8 {
    case byte = 0x08
    case integer = 0x0C
    case float = 0x0D

    var size: Int { self == .byte ? 1 : 4 }
  }

  let file: String
  let dimensions: Int?
  private var header: [UInt8] = []
  private var shape: [Int]?
  private var type = ElementType.byte
  private var expected = 0
  private var payload: [UInt8] = []

  init(file: String, dimensions: Int?) {
    self.file = file
    self.dimensions = dimensions
  }

  mutating func consume(_ chunk: UnsafeRawBufferPointer) throws(TableError) {
    var rest = chunk[...]
    while shape == nil, let byte = rest.popFirst() {
      header.append(byte)
      try readHeader()
    }
    guard rest.count <= expected - payload.count else {
      throw malformed("holds more bytes than its header announces")
    }
    // The header alone reserves nothing: memory grows with the bytes that are really there.
    payload.append(contentsOf: rest)
  }

  func finish() throws(TableError) -> ([Int], IDXArray.Elements) {
    guard let shape else { throw malformed(header.isEmpty ? "is empty" : "is cut short in its header") }
    guard payload.count == expected else {
      throw malformed("is cut short: \(grouped(payload.count)) of \(grouped(expected)) bytes of elements")
    }
    switch type {
    case .byte: return (shape, .bytes(payload))
    case .integer: return (shape, .integers(words().map { Int32(bitPattern: $0) }))
    case .float: return (shape, .floats(words().map { Float(bitPattern: $0) }))
    }
  }

  private mutating func readHeader() throws(TableError) {
    guard header.count >= 4 else { return }
    if header.count == 4 {
      guard header[0] == 0, header[1] == 0, let type = ElementType(rawValue: header[2]) else {
        let magic = header.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        throw malformed("is no IDX array of bytes, integers or floats: it begins with \(magic)")
      }
      guard 1...4 ~= header[3] else { throw malformed("has \(header[3]) dimensions; 1 to 4 can be read") }
      if let dimensions, dimensions != Int(header[3]) {
        throw malformed("has \(header[3]) dimensions where \(dimensions) are expected")
      }
      self.type = type
    }
    guard header.count == 4 + 4 * Int(header[3]) else { return }
    var lengths: [Int] = []
    var product = 1
    for start in stride(from: 4, to: header.count, by: 4) {
      let length = header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      let (next, overflows) = product.multipliedReportingOverflow(by: length)
      product = next
      guard !overflows, product <= IDXArray.elementLimit else {
        throw malformed("announces more than \(grouped(IDXArray.elementLimit)) elements")
      }
      lengths.append(length)
    }
    shape = lengths
    expected = product * type.size
  }

  private func words() -> [UInt32] {
    payload.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
  }

  private func malformed(_ message: String) -> TableError {
    TableError(.malformedArray, message, at: .init(file: file))
  }
}
