import CAtollKernels
import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Secret random numbers for noise, masks and secret samples: a keystream that nobody can repeat.
///
/// AES-256 in counter mode with fast key erasure (D. J. Bernstein, "Fast-key-erasure random-number generators", 2017):
/// each 64 KiB of keystream begin with the next key, which takes the place of the one that made them, and what was
/// handed out is overwritten. So who reads the memory of a process learns nothing of the numbers that it drew before.
/// The first key comes from the operating system's generator. Deviation: AES-256-CTR of CryptoExtras, 64 KiB at a time.
///
/// A stream that goes on twice from one place repeats noise, and noise that is known protects nothing. Therefore the type
/// cannot be copied, is no `RandomNumberGenerator`, never leaves the process's memory, and draws a new key in a child
/// process that inherits it.
///
/// > Warning: Not protected: a snapshot of a whole virtual machine that is started twice goes on twice with one key; the key
/// > schedule of the last 64 KiB may stay on the stack until something overwrites it; memory may be swapped to a disk; and
/// > the time that samplers take depends on what they draw.
public struct SecretCoins: ~Copyable {
  static let capacity = 1 << 16
  static let keySize = 32

  /// The keystream from `position` on; zeros before it.
  private let buffer: UnsafeMutableRawPointer
  private var position: Int
  private var key: SymmetricKey
  private var generation: UInt64

  /// A stream with a new key from the operating system.
  public init() { self.init(key: Self.systemKey()) }

  /// The stream of a seed that everyone may know: for tests only, it protects nothing.
  package init(insecureSeed seed: UInt64) {
    let bytes = (0..<Self.keySize).map { $0 < 8 ? UInt8(truncatingIfNeeded: seed >> UInt64(8 * $0)) : 0 }
    self.init(key: SymmetricKey(data: bytes))
  }

  private init(key: SymmetricKey) {
    self.key = key
    generation = atoll_fork_generation()
    position = Self.capacity
    buffer = .allocate(byteCount: Self.capacity, alignment: 64)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
  }

  deinit {
    Self.erase(buffer, count: Self.capacity)
    buffer.deallocate()
  }

  /// Uniform over all 64-bit numbers.
  @inline(__always)
  public mutating func nextUInt64() -> UInt64 {
    if position > Self.capacity - 8 || generation != atoll_fork_generation() { refill() }
    let value = buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    buffer.storeBytes(of: 0, toByteOffset: position, as: UInt64.self)
    position += 8
    return UInt64(littleEndian: value)
  }

  /// Uniform in 0..<bound, without bias (Lemire, "Fast random integer generation in an interval", 2019).
  ///
  /// - Precondition: `bound > 0`.
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "an empty range has no element")
    var product = nextUInt64().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = nextUInt64().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// Fills memory with uniform bytes.
  public mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let target = bytes.baseAddress else { return }
    if generation != atoll_fork_generation() { refill() }
    var done = 0
    while done < bytes.count {
      if position == Self.capacity { refill() }
      let count = min(Self.capacity - position, bytes.count - done)
      (target + done).copyMemory(from: buffer + position, byteCount: count)
      Self.erase(buffer + position, count: count)
      position += count
      done += count
    }
  }

  /// Makes the next 64 KiB and the next key; what was left is dropped.
  @inline(never)
  private mutating func refill() {
    // A child may not go on with its parent's key.
    let current = atoll_fork_generation()
    if generation != current {
      key = Self.systemKey()
      generation = current
    }
    // Safe because the key has 256 bits and the nonce 16 bytes. No block of a key is made twice: each key makes one
    // keystream, which starts at counter 0.
    let nonce = try! AES._CTR.Nonce(nonceBytes: [UInt8](repeating: 0, count: 16))
    var keystream = try! AES._CTR.encrypt(Self.zeros, using: key, nonce: nonce)
    keystream.withUnsafeMutableBytes { keystream in
      // Safe because 64 KiB are not empty.
      let bytes = keystream.baseAddress!
      key = SymmetricKey(data: UnsafeRawBufferPointer(start: bytes, count: Self.keySize))
      buffer.copyMemory(from: bytes, byteCount: Self.capacity)
      Self.erase(bytes, count: Self.capacity)
    }
    Self.erase(buffer, count: Self.keySize)
    position = Self.keySize
  }

  private static let zeros = Data(count: capacity)

  private static func systemKey() -> SymmetricKey {
    var system = SystemRandomNumberGenerator()
    var words = (system.next(), system.next(), system.next(), system.next())
    defer { withUnsafeMutableBytes(of: &words) { erase($0.baseAddress!, count: $0.count) } }
    return withUnsafeBytes(of: &words) { SymmetricKey(data: $0) }
  }

  /// Never left out by the compiler: the address leaves through a function that it cannot see into.
  private static func erase(_ bytes: UnsafeMutableRawPointer, count: Int) { atoll_erase(bytes, count) }

  /// Calls the body with the buffer and the place of the next byte; for the test of erasure.
  func inspect<Result>(_ body: (UnsafeRawBufferPointer, Int) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: buffer, count: Self.capacity), position)
  }
}

// The buffer has one owner, because the type cannot be copied, and only mutating methods touch it.
extension SecretCoins: @unchecked Sendable {}
