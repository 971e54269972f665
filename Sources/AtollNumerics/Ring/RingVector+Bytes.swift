public import FoundationEssentials

extension RingVector {
  /// Vectors one after the other, each element as eight little-endian bytes.
  public static func encode(_ vectors: [RingVector]) -> Data {
    var bytes = Data(capacity: 8 * vectors.reduce(0) { $0 + $1.elements.count })
    for element in vectors.lazy.flatMap(\.elements) {
      withUnsafeBytes(of: element.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Reads vectors of these lengths; nil unless the bytes are exactly so many.
  public static func decode(_ bytes: Data, counts: [Int]) -> [RingVector]? {
    guard bytes.count == 8 * counts.reduce(0, +) else { return nil }
    return bytes.withUnsafeBytes { bytes in
      var offset = 0
      return counts.map { count in
        defer { offset += 8 * count }
        return RingVector(
          (0..<count).map {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * $0, as: Int64.self))
          })
      }
    }
  }
}
