public import AtollFederation
public import AtollLearning
public import AtollNumerics
import FoundationEssentials

/// A model in two files: `model.safetensors` has the numbers, `model.json` beside it everything else that a prediction
/// needs: architecture, preprocessing, classes.
///
/// `model.json` names the numbers by their SHA-256, so the two cannot be mixed up.
public enum ModelFile {
  /// SHA-256 of both files.
  public struct Hashes: Hashable, Codable, Sendable {
    /// Of `model.safetensors`.
    public let numbers: ContentHash
    /// Of `model.json`.
    public let description: ContentHash

    public init(numbers: ContentHash, description: ContentHash) {
      self.numbers = numbers
      self.description = description
    }

    /// Of the files that ``ModelFile/write(_:to:)`` would write.
    public init(of model: LearnedModel) throws {
      let (numbers, description) = try contents(of: model)
      self.init(numbers: ContentHash(of: numbers), description: ContentHash(of: description))
    }

    /// Of the files as they are.
    ///
    /// - Throws: ``StoreError``.
    public init(in folder: String) throws {
      numbers = ContentHash(of: try readFile(folder + "/model.safetensors"))
      description = ContentHash(of: try readFile(folder + "/model.json"))
    }
  }

  private static func contents(of model: LearnedModel) throws -> (numbers: Data, description: Data) {
    let numbers = Data(Safetensors.encode(model.parameters))
    return (numbers, try CanonicalJSON.encode(model, blobs: SingleBlob(numbers)))
  }

  /// Writes both files.
  public static func write(_ model: LearnedModel, to folder: String) throws -> Hashes {
    let (numbers, description) = try contents(of: model)
    try writeAtomically(numbers, to: folder + "/model.safetensors")
    try writeAtomically(description, to: folder + "/model.json")
    return Hashes(numbers: ContentHash(of: numbers), description: ContentHash(of: description))
  }

  /// Reads both files.
  ///
  /// - Parameters:
  ///   - path: the folder, or one of the two files.
  ///   - models: the models of one's own that the description may name.
  /// - Throws: ``StoreError``.
  public static func read(_ path: String, models: ModelRegistry = ModelRegistry()) throws -> LearnedModel {
    let folder: String
    if path.hasSuffix(".safetensors") || path.hasSuffix(".json") {
      folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) : "."
    } else {
      folder = path
    }
    let numbers = folder + "/model.safetensors"
    let description = folder + "/model.json"
    let bytes = try readFile(numbers)
    // Decoded apart from the description, so that what is wrong with the numbers is said.
    do {
      _ = try Safetensors.decode(bytes)
    } catch {
      throw StoreError(.corrupt, path: numbers, error.message)
    }
    let model: LearnedModel
    do {
      model = try CanonicalJSON.decode(
        from: readFile(description, limit: 1 << 30), blobs: SingleBlob(bytes), models: models)
    } catch let error as DecodingError {
      throw StoreError(.corrupt, path: description, error.unknownModel ?? "not a model's description")
    } catch is SingleBlob.OtherBytes {
      throw StoreError(.corrupt, path: numbers, "its SHA-256 is not the one that model.json names")
    }
    guard model.parameters.layout == model.architecture.model.layout else {
      throw StoreError(
        .corrupt, path: numbers, "its tensors are not those of the model that model.json describes")
    }
    return model
  }

  /// Reads the numbers alone, from any safetensors file.
  public static func parameters(_ path: String) throws -> ParameterSet {
    let bytes = try readFile(path)
    do {
      return try Safetensors.decode(bytes).parameters
    } catch {
      throw StoreError(.corrupt, path: path, error.message)
    }
  }
}

extension DecodingError {
  /// What is said of a model that is not among those known here.
  fileprivate var unknownModel: String? {
    guard case .dataCorrupted(let context) = self, context.debugDescription.hasPrefix("no model is called")
    else {
      return nil
    }
    return context.debugDescription + " here; a model of one's own is read by a program that has it"
  }
}

/// The parameters of one model.
private final class SingleBlob: BlobStore {
  struct OtherBytes: Error {}

  private let bytes: Data
  private let hash: ContentHash

  init(_ bytes: Data) {
    self.bytes = bytes
    hash = ContentHash(of: bytes)
  }

  func put(_ bytes: Data) throws -> ContentHash {
    guard bytes == self.bytes else { throw OtherBytes() }
    return hash
  }

  func get(_ hash: ContentHash) throws -> Data {
    guard hash == self.hash else { throw OtherBytes() }
    return bytes
  }
}
