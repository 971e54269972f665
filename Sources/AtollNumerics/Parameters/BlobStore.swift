public import FoundationEssentials

/// Keeps bytes under their SHA-256.
public protocol BlobStore: AnyObject, Sendable {
  /// Keeps the bytes and gives their name; keeping the same bytes twice is keeping them once.
  func put(_ bytes: Data) throws -> ContentHash

  /// The bytes of that name.
  ///
  /// - Throws: when they are not kept here, or have changed.
  func get(_ hash: ContentHash) throws -> Data
}

extension CodingUserInfoKey {
  /// Where encoders and decoders keep the parameter sets that they meet: a ``BlobStore``.
  // Safe because the raw value is not empty.
  public static let blobs = CodingUserInfoKey(rawValue: "atoll.blobs")!
}
