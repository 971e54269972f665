public import FoundationEssentials

/// Keeps bytes under their SHA-256.
public protocol BlobStore: AnyObject, Sendable {
  /// Keeps the bytes and gives their name; keeping the same bytes twice is keeping them once.
  func put(_ bytes: Data) throws -> ContentHash

  /// The bytes of that name.
  ///
  /// - Throws: when they are not kept here, or have changed.
  func get(_ hash: ContentHash) throws -> Data

  /// Keeps a parameter set as the bytes of its safetensors file. A store that writes files need not hold those bytes.
  func put(_ parameters: ParameterSet) throws -> ContentHash

  /// The parameter set whose file has that name.
  ///
  /// - Throws: when it is not kept here, or is none.
  func parameters(_ hash: ContentHash) throws -> ParameterSet
}

extension BlobStore {
  public func put(_ parameters: ParameterSet) throws -> ContentHash {
    try put(Safetensors.encode(parameters))
  }

  public func parameters(_ hash: ContentHash) throws -> ParameterSet {
    try Safetensors.decode(get(hash)).parameters
  }
}

extension CodingUserInfoKey {
  /// Where encoders and decoders keep the parameter sets that they meet: a ``BlobStore``.
  // Safe because the raw value is not empty.
  public static let blobs = CodingUserInfoKey(rawValue: "atoll.blobs")!
}
