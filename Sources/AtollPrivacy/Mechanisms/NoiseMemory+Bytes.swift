import AtollNumerics

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension NoiseMemory {
  /// All of it, for a file that only the server's process can read.
  ///
  /// Four numbers of eight bytes, little-endian: round, mechanism, number of vectors, their length; then the vectors.
  public var secretBytes: Data {
    let header = RingVector([
      Int64(round), Int64(bitPattern: signature), Int64(vectors.count),
      Int64(vectors.first?.elements.count ?? 0),
    ])
    return RingVector.encode([header] + vectors)
  }

  /// Reads what ``secretBytes`` gave.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` for anything else.
  public init(secretBytes bytes: Data) throws(PrivacyError) {
    let refusal = PrivacyError(.invalid, "the memory of correlated noise is damaged")
    guard let header = RingVector.decode(bytes.prefix(32), counts: [4])?.first?.elements else {
      throw refusal
    }
    let (vectors, length) = (header[2], header[3])
    // 64 vectors of a tree, or 2^20 of a band; what does not fill the bytes is refused before anything is allocated.
    guard header[0] >= 0, (0...1 << 20).contains(vectors), (0...1 << 36).contains(length),
      bytes.count - 32 == 8 * vectors * length, vectors == 0 || length > 0,
      let decoded = RingVector.decode(
        Data(bytes.dropFirst(32)), counts: [Int](repeating: Int(length), count: Int(vectors)))
    else { throw refusal }
    self.init(round: Int(header[0]), signature: UInt64(bitPattern: header[1]), vectors: decoded)
  }

  private init(round: Int, signature: UInt64, vectors: [RingVector]) {
    self.round = round
    self.signature = signature
    self.vectors = vectors
  }
}
