import AtollNumerics
import Foundation

/// Damages bytes in ways that reach deep into decoders: bits, bytes, numbers at their limits, pieces that are cut out,
/// repeated, exchanged between seeds; for text also digits, brackets and words.
struct Mutation {
  private var coins: RandomStream
  private let seeds: [Data]
  private static let words = [
    "-1", "0", "1e999", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "4294967296",
    "null", "true", "[]", "{}", "\"\"", "NaN", "\u{0}", "\u{FFFD}", "\u{1F600}", "\n", "\r\n", ",", ":", "- ",
    "&a", "*a",
    "!!binary ", "'", "\"", "\\u0000", "1e308", "0.1", "2147483648", "999999999999999999999",
  ]

  init(seed: UInt64, of name: String, seeds: [Data]) {
    coins = RandomStream(seed: seed, purpose: .sample, participant: name)
    self.seeds = seeds
  }

  /// The next damaged bytes.
  mutating func next() -> Data {
    guard !seeds.isEmpty else { return Data() }
    var bytes = Array(seeds[coins.below(seeds.count)])
    for _ in 0...coins.below(4) { change(&bytes) }
    return Data(bytes)
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = coins.below(bytes.count + 1)
    switch coins.below(10) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(coins.below(8))
    case 1 where place < bytes.count:
      bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(coins.below(256))][coins.below(6)]
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + coins.below(16)))
    case 4:
      let end = min(bytes.count, place + coins.below(64))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5: bytes.insert(UInt8(coins.below(256)), at: place)
    case 6: putNumber(in: &bytes, at: place)
    case 7: putWord(in: &bytes, at: place)
    case 8: replaceDigits(in: &bytes, from: place)
    default:
      let other = Array(seeds[coins.below(seeds.count)])
      bytes = Array(bytes[..<place]) + other[coins.below(other.count + 1)...]
    }
  }

  /// A number at a limit, over what is there.
  private mutating func putNumber(in bytes: inout [UInt8], at place: Int) {
    let number = [0, 1, -1, Int64.max, .min, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, Int64(bytes.count)][
      coins.below(9)]
    var raw = withUnsafeBytes(of: number.littleEndian) { Array($0) }
    if coins.below(2) == 0 { raw.reverse() }
    for (offset, byte) in raw.prefix(coins.below(2) == 0 ? 8 : 4).enumerated()
    where place + offset < bytes.count {
      bytes[place + offset] = byte
    }
  }

  private mutating func putWord(in bytes: inout [UInt8], at place: Int) {
    bytes.insert(contentsOf: Self.words[coins.below(Self.words.count)].utf8, at: place)
  }

  /// The next number in a text becomes another one.
  private mutating func replaceDigits(in bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Self.words[coins.below(8)].utf8)
  }
}
