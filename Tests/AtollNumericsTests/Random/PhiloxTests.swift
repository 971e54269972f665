import Testing

@testable import AtollNumerics

@Suite struct `The block function` {
  /// tests/kat_vectors of Random123 (D. E. Shaw Research, github.com/DEShawResearch/random123, commit 9545ff6): all
  /// zeros, all ones, and the digits of π.
  @Test(arguments: [
    "00000000 00000000 00000000 00000000 00000000 00000000   6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff   408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0   d16cfe09 94fdcceb 5001e420 24126ea1",
  ])
  func `of Philox4x32-10 gives the published answers`(_ line: String) throws {
    let words = line.split(separator: " ").compactMap { UInt32($0, radix: 16) }
    try #require(words.count == 10)
    let block = Philox(key: SIMD2(words[4], words[5])).block(SIMD4(words[0], words[1], words[2], words[3]))
    #expect(block == SIMD4(words[6], words[7], words[8], words[9]))
  }
}
