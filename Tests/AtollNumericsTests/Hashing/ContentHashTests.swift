import Foundation
import Testing

@testable import AtollNumerics

@Suite struct `A content hash` {
  /// NIST, "Examples with intermediate values": SHA-256 (FIPS 180-4); the empty message and the million letters from
  /// the same page's additional vectors.
  static let vectors: [(message: String, digest: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: vectors) func `is SHA-256`(_ message: String, _ digest: String) {
    #expect(ContentHash(of: Array(message.utf8)).hexadecimal == digest)
    #expect(ContentHash(of: Data(message.utf8)).hexadecimal == digest)
  }

  @Test(arguments: vectors) func `is the same in pieces`(_ message: String, _ digest: String) {
    var stream = RandomStream(seed: 1, purpose: .sample)
    let bytes = Array(message.utf8)
    var hasher = ContentHasher()
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + stream.below(2 + bytes.count / 5))
      bytes[position..<end].withUnsafeBytes { hasher.update($0) }
      position = end
    }
    #expect(hasher.finalize().hexadecimal == digest)
  }

  @Test func `is read as it is written, and nothing else is`() throws {
    let hash = ContentHash(of: Array("abc".utf8))
    #expect(hash.description == "sha256:" + hash.hexadecimal)
    #expect(hash.abbreviated == "sha256:ba7816…15ad")
    #expect(ContentHash(hash.description) == hash)
    #expect(ContentHash(hash.hexadecimal) == hash)
    #expect(hash.prefix == 0xba78_16bf_8f01_cfea)
    let digits = hash.hexadecimal
    for wrong in [
      "", "sha256:", String(digits.dropLast()), digits + "0", digits.uppercased(), "sha512:" + digits,
      "sha256:sha256:" + digits, " " + digits.dropLast(), String(digits.dropLast()) + "g",
      String(digits.dropLast(2)) + "é",
    ] {
      #expect(ContentHash(wrong) == nil)
    }
    #expect(try JSONDecoder().decode([ContentHash].self, from: JSONEncoder().encode([hash])) == [hash])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([ContentHash].self, from: Data(#"["x"]"#.utf8))
    }
  }

  @Test func `is ordered by its digits`() {
    let low = ContentHash(of: Array("abc".utf8))
    let high = ContentHash(of: [UInt8]())
    #expect(low < high && !(high < low))
  }
}
