public import FoundationEssentials

/// What one participant remembers between exchanges, such as SCAFFOLD's control variate. It never leaves.
public struct LocalState: Hashable, Sendable {
  private var entries: [String: Data] = [:]

  /// Nothing remembered.
  public init() {}

  /// Whether nothing is remembered.
  public var isEmpty: Bool { entries.isEmpty }

  /// The bytes kept under a key; nil takes them out.
  public subscript(key: String) -> Data? {
    get { entries[key] }
    set { entries[key] = newValue }
  }

  /// Numbers kept under a key; nil when not exactly so many are kept.
  public func floats(_ key: String, count: Int) -> [Float]? {
    guard let bytes = entries[key], bytes.count == 4 * count else { return nil }
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map { index in
        let pattern = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: pattern))
      }
    }
  }

  /// Keeps numbers under a key, as little-endian bytes.
  public mutating func keep(_ numbers: [Float], as key: String) {
    var bytes = Data(capacity: 4 * numbers.count)
    for number in numbers {
      withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    entries[key] = bytes
  }
}

extension LocalState {
  /// The state as bytes, equal for equal states: for each entry, by key, both lengths as 32-bit little-endian numbers,
  /// the key, the value.
  public var bytes: Data {
    var bytes = Data()
    for (key, value) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      for count in [UInt32(key.utf8.count), UInt32(value.count)] {
        withUnsafeBytes(of: count.littleEndian) { bytes.append(contentsOf: $0) }
      }
      bytes.append(contentsOf: key.utf8)
      bytes.append(value)
    }
    return bytes
  }

  /// Reads ``bytes``; nil when they are cut off or otherwise not a state.
  public init?(bytes: Data) {
    var rest = bytes[...]
    func count() -> Int? {
      guard rest.count >= 4 else { return nil }
      defer { rest = rest.dropFirst(4) }
      return rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    while !rest.isEmpty {
      guard let keyCount = count(), let valueCount = count(), rest.count >= keyCount + valueCount,
        let key = String(validating: rest.prefix(keyCount), as: UTF8.self)
      else { return nil }
      entries[key] = Data(rest.dropFirst(keyCount).prefix(valueCount))
      rest = rest.dropFirst(keyCount + valueCount)
    }
  }
}
