/// The JSON header of a safetensors file, read strictly: exactly the format's grammar, no key twice, only whole
/// numbers, nothing after it but spaces.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: String
    var shape: [Int]
    /// First byte and end of the tensor, counted from the end of the header.
    var begin: Int
    var end: Int
  }

  private(set) var metadata: [String: String] = [:]
  /// In the order of the header.
  private(set) var entries: [Entry] = []

  init(_ bytes: UnsafeRawBufferPointer) throws(SafetensorsError) {
    var json = HeaderParser(bytes)
    guard bytes.first == UInt8(ascii: "{") else { throw json.malformed("it begins with “{”") }
    // A set, because a search for each name would take quadratic time over a hostile header.
    var names = Set<String>()
    try json.object { (json, name) throws(SafetensorsError) in
      guard names.insert(name).inserted else {
        throw SafetensorsError(.duplicateName, "the header names “\(name.inMessages)” twice")
      }
      guard name != "__metadata__" else {
        metadata = try Self.metadata(&json)
        return
      }
      guard !name.isEmpty else { throw json.malformed("a tensor has no name") }
      entries.append(try Self.entry(named: name, &json))
    }
    try json.end()
  }

  private static func metadata(_ json: inout HeaderParser) throws(SafetensorsError) -> [String: String] {
    var metadata: [String: String] = [:]
    try json.object { (json, key) throws(SafetensorsError) in
      guard metadata.updateValue(try json.string(), forKey: key) == nil else {
        throw SafetensorsError(.duplicateName, "the metadata name “\(key.inMessages)” twice")
      }
    }
    return metadata
  }

  private static func entry(named name: String, _ json: inout HeaderParser) throws(SafetensorsError) -> Entry
  {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try json.object { (json, key) throws(SafetensorsError) in
      let isNew: Bool
      switch key {
      case "dtype": (isNew, type) = (type == nil, try json.string())
      case "shape": (isNew, shape) = (shape == nil, try json.numbers())
      case "data_offsets": (isNew, offsets) = (offsets == nil, try json.numbers())
      default: throw json.malformed("tensor “\(name.inMessages)” has an unknown key “\(key.inMessages)”")
      }
      guard isNew else {
        throw SafetensorsError(.duplicateName, "tensor “\(name.inMessages)” has “\(key.inMessages)” twice")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw json.malformed("tensor “\(name.inMessages)” wants dtype, shape and two data_offsets")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }
}

/// The little of JSON (RFC 8259) that a header needs.
private struct HeaderParser {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func malformed(_ what: String) -> SafetensorsError {
    SafetensorsError(.malformedHeader, "the header is malformed at byte \(position): \(what)")
  }

  /// Members one by one; `member` is given the key and reads the value.
  mutating func object(
    _ member: (inout HeaderParser, String) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  mutating func numbers() throws(SafetensorsError) -> [Int] {
    try expect("[")
    if take("]") { return [] }
    var numbers: [Int] = []
    repeat { numbers.append(try number()) } while take(",")
    try expect("]")
    return numbers
  }

  /// A whole number of at most 2^63 − 1.
  private mutating func number() throws(SafetensorsError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = peek, (0x30...0x39).contains(digit) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, stillTooLarge) = product.addingReportingOverflow(Int(digit - 0x30))
      guard !tooLarge, !stillTooLarge else { throw malformed("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start, position == start + 1 || bytes[start] != 0x30 else {
      throw malformed("a whole number is wanted here")
    }
    return value
  }

  mutating func string() throws(SafetensorsError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = peek, byte != 0x22 {
      position += 1
      guard byte >= 0x20 else { throw malformed("a control character in a string") }
      if byte == 0x5C { text += try escape() } else { text.append(byte) }
    }
    guard peek != nil else { throw malformed("a string without an end") }
    position += 1
    guard let text = String(validating: text, as: UTF8.self) else {
      throw malformed("a string that is not UTF-8")
    }
    return text
  }

  private mutating func escape() throws(SafetensorsError) -> [UInt8] {
    guard let byte = peek else { throw malformed("a string without an end") }
    position += 1
    switch byte {
    case 0x22, 0x2F, 0x5C: return [byte]
    case 0x62: return [0x08]
    case 0x66: return [0x0C]
    case 0x6E: return [0x0A]
    case 0x72: return [0x0D]
    case 0x74: return [0x09]
    case 0x75:
      var units = [try hexadecimal()]
      if UTF16.isLeadSurrogate(units[0]), peek == 0x5C {
        position += 1
        guard peek == 0x75 else { throw malformed("half a surrogate pair") }
        position += 1
        units.append(try hexadecimal())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw malformed("half a surrogate pair")
      }
      return Array(character.utf8)
    default: throw malformed("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(SafetensorsError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("an escape wants four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  /// Only spaces may follow; they align the numbers.
  func end() throws(SafetensorsError) {
    guard bytes[position...].allSatisfy({ $0 == 0x20 }) else {
      throw malformed("something follows the header")
    }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
    guard take(character) else { throw malformed("“\(character)” is wanted here") }
  }
}
