/// Gives each different byte string a number, in order of first appearance.
///
/// Open addressing with linear probing over one arena of bytes; never iterated in hash order.
struct TextTable {
  private var arena: [UInt8] = []
  /// Ends of the entries in the arena; entry i begins where i − 1 ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Entry + 1, or 0 for a free slot; a power of two, at most half full.
  private var slots = [Int32](repeating: 0, count: 16)

  var count: Int { ends.count }
  var byteCount: Int { arena.count }

  subscript(entry: Int) -> String {
    String(decoding: arena[(entry == 0 ? 0 : ends[entry - 1])..<ends[entry]], as: UTF8.self)
  }

  /// The number of `bytes`; nil when they are new.
  @inline(__always)
  func find(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let entry = slots[slot(of: bytes, hash: Self.hash(bytes))]
    return entry == 0 ? nil : Int(entry) - 1
  }

  /// The number of `bytes`, which are added when they are new.
  @inline(__always)
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = Self.hash(bytes)
    let place = slot(of: bytes, hash: hash)
    if slots[place] != 0 { return Int(slots[place]) - 1 }
    return add(bytes, hash: hash, at: place)
  }

  @inline(never)
  private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, hash: UInt64, at place: Int) -> Int {
    arena.append(contentsOf: bytes)
    ends.append(arena.count)
    hashes.append(hash)
    slots[place] = Int32(ends.count)
    if ends.count * 2 > slots.count { grow() }
    return ends.count - 1
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 2)
    for (entry, hash) in hashes.enumerated() {
      var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = Int32(entry + 1)
    }
  }

  @inline(__always)
  private func slot(of bytes: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place] != 0 {
      let entry = Int(slots[place]) - 1
      if hashes[entry] == hash, isEqual(entry, bytes) { return place }
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  /// Whether an entry with the same hash has the same bytes: of short ones the hash tells all but the length.
  @inline(__always)
  private func isEqual(_ entry: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = entry == 0 ? 0 : ends[entry - 1]
    guard ends[entry] - start == bytes.count else { return false }
    return bytes.count <= 8 || hasSameBytes(start, bytes)
  }

  private func hasSameBytes(_ start: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 0..<bytes.count where arena[start + index] != bytes[index] { return false }
    return true
  }

  /// Of at most eight bytes a word that has them all, multiplied and folded, which can be undone: equal hashes of texts of
  /// one length are equal texts. No loop over bytes, whose number a processor cannot foretell. Of more bytes FNV-1a (Fowler,
  /// Noll, Vo; IETF draft-eastlake-fnv).
  @inline(__always)
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard bytes.count <= 8 else { return longHash(bytes) }
    let hash = word(bytes) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ (hash &>> 29)
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    if count >= 4 {
      let raw = UnsafeRawBufferPointer(bytes)
      let first = UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
      let last = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
      return first | last &<< 32
    }
    guard count > 0 else { return 0 }
    // The first, the middle and the last byte: up to three, all of them.
    return UInt64(bytes[0]) | UInt64(bytes[count &>> 1]) &<< 8 | UInt64(bytes[count &- 1]) &<< 16
  }

  @inline(never)
  private static func longHash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash ^ (hash &>> 29)
  }
}

/// The texts that stand for "no value".
struct MissingValues {
  private var texts = TextTable()
  /// First bytes of the texts, a bit each: almost every field is told by its first byte.
  private var firstBytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private let emptyIsMissing: Bool
  /// Some of the texts are numbers, such as -999.
  let hasNumbers: Bool

  init(_ list: [String], decimal: UInt8) {
    emptyIsMissing = list.contains("")
    hasNumbers = list.contains { text in
      var text = text
      return text.withUTF8 { !DecimalNumber.parse($0, decimal: decimal).isNaN }
    }
    for var text in list {
      text.withUTF8 { bytes in
        guard let first = bytes.first else { return }
        let bit: UInt64 = 1 << UInt64(first & 63)
        switch first >> 6 {
        case 0: firstBytes.0 |= bit
        case 1: firstBytes.1 |= bit
        case 2: firstBytes.2 |= bit
        default: firstBytes.3 |= bit
        }
        _ = texts.insert(bytes)
      }
    }
  }

  @inline(__always)
  func contains(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
    guard field.count > 0 else { return emptyIsMissing }
    let first = field[0]
    let bits =
      switch first >> 6 {
      case 0: firstBytes.0
      case 1: firstBytes.1
      case 2: firstBytes.2
      default: firstBytes.3
      }
    return bits &>> UInt64(first & 63) & 1 != 0 && texts.find(field) != nil
  }
}
