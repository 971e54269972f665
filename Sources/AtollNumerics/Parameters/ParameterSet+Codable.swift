import FoundationEssentials

/// A parameter set is encoded as the hash of its safetensors bytes, which go into the coder's ``BlobStore``. So a
/// checkpoint stays small, and two checkpoints with the same model share it.
extension ParameterSet: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let hash = try container.decode(ContentHash.self)
    guard let blobs = decoder.userInfo[.blobs] as? any BlobStore else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "the decoder has no blob store")
    }
    self = try blobs.parameters(hash)
  }

  public func encode(to encoder: any Encoder) throws {
    guard let blobs = encoder.userInfo[.blobs] as? any BlobStore else {
      let context = EncodingError.Context(
        codingPath: encoder.codingPath, debugDescription: "the encoder has no blob store")
      throw EncodingError.invalidValue(self, context)
    }
    var container = encoder.singleValueContainer()
    try container.encode(blobs.put(self))
  }
}
