import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Secret coins` {
  private func bytes(_ count: Int, _ coins: inout SecretCoins) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { coins.fill($0) }
    return bytes
  }

  @Test func `are AES-256 in counter mode with fast key erasure`() throws {
    for vector in try SamplingVectors.read().coins {
      let seed = try #require(UInt64(vector.seed))
      var words = SecretCoins(insecureSeed: seed)
      for expected in vector.first { #expect(String(words.nextUInt64()) == expected) }
      var coins = SecretCoins(insecureSeed: seed)
      let stream = bytes(200_000, &coins)
      #expect(stream[65_495..<65_513].map { String(format: "%02x", $0) }.joined() == vector.across)
      #expect(ContentHash(of: stream).hexadecimal == vector.sha256)
    }
  }

  @Test func `hand out no byte twice, however they are asked`() {
    var whole = SecretCoins(insecureSeed: 7)
    let stream = bytes(400_000, &whole)
    var coins = SecretCoins(insecureSeed: 7)
    var place = 0
    for step in 0..<30_000 {
      if step % 3 == 0 {
        let count = step % 17
        #expect(bytes(count, &coins) == Array(stream[place..<place + count]))
        place += count
      } else {
        let capacity = SecretCoins.capacity - SecretCoins.keySize
        // A word that no longer fits is left out, never split or repeated.
        if capacity - place % capacity < 8 { place += capacity - place % capacity }
        let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(stream[place + $1]) << UInt64(8 * $1) }
        #expect(coins.nextUInt64() == word)
        place += 8
      }
    }
    #expect(place > 3 * SecretCoins.capacity)
  }

  @Test func `differ from one stream to the next`() {
    var first = SecretCoins()
    var second = SecretCoins()
    #expect(bytes(32, &first) != bytes(32, &second))
  }

  @Test func `overwrite what was handed out, and the key`() {
    var coins = SecretCoins(insecureSeed: 9)
    for turn in 0..<3 {
      _ = coins.nextUInt64()
      let other = bytes(1000 + turn, &coins)
      #expect(other.contains { $0 != 0 })
      coins.inspect { buffer, position in
        #expect(position > SecretCoins.keySize)
        // The first 32 bytes were the next key.
        #expect(buffer[..<position].allSatisfy { $0 == 0 })
        #expect(buffer[position...].contains { $0 != 0 })
      }
      _ = bytes(SecretCoins.capacity - 2000, &coins)
    }
  }

  #if canImport(Glibc)
    /// What a child draws that inherits the stream, by a real fork.
    private func drawnByChild(_ coins: inout SecretCoins) throws -> UInt64 {
      // Swift hides fork() because it is a hazard; that is what is tested here.
      typealias Fork = @convention(c) () -> Int32
      let symbol = try #require(dlsym(nil, "fork"))
      let fork = unsafeBitCast(symbol, to: Fork.self)
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      let child = fork()
      if child == 0 {
        // Whatever goes wrong here, the child ends.
        alarm(20)
        var word = coins.nextUInt64()
        write(ends[1], &word, 8)
        _exit(0)
      }
      try #require(child > 0)
      close(ends[1])
      var word: UInt64 = 0
      let count = read(ends[0], &word, 8)
      close(ends[0])
      var status: Int32 = 0
      waitpid(child, &status, 0)
      try #require(count == 8 && status == 0)
      return word
    }

    @Test func `are not repeated by a child process`() throws {
      var coins = SecretCoins(insecureSeed: 11)
      var twin = SecretCoins(insecureSeed: 11)
      #expect(coins.nextUInt64() == twin.nextUInt64())
      let first = try drawnByChild(&coins)
      let second = try drawnByChild(&coins)
      // The parent goes on where it was; a child that went on there too would have drawn this.
      let next = coins.nextUInt64()
      #expect(next == twin.nextUInt64())
      #expect(first != next && second != next && first != second)
    }
  #endif

  @Test func `below a bound are uniform`() {
    var coins = SecretCoins(insecureSeed: 13)
    // Multiplication without rejection would give the first third of these half as often again.
    let bound = UInt64.max / 4 * 3
    var counts = [0, 0, 0]
    for _ in 0..<30_000 {
      let value = coins.below(bound)
      #expect(value < bound)
      counts[Int(value / (bound / 3 + 1))] += 1
    }
    #expect(GoodnessOfFit.chiSquare(counts, expected: [10_000, 10_000, 10_000]) > 1e-6)
    #expect((0..<100).allSatisfy { _ in coins.below(1) == 0 })
  }
}
