public import AtollFederation
public import AtollLearning
public import AtollNumerics
import FoundationEssentials

/// A model in two files: `model.safetensors` has the numbers, `model.json` beside it everything else that a prediction
/// needs: architecture, preprocessing, classes, and how the tables that it learnt from are written.
///
/// `model.json` names the numbers by their SHA-256, so the two cannot be mixed up.
public struct ModelFile: Sendable {
  /// The model.
  public let model: LearnedModel
  /// How its tables are written; nil for images.
  public let tables: TableFormat?

  /// - Parameters:
  ///   - model: the model.
  ///   - tables: how the tables that it learnt from are written.
  public init(_ model: LearnedModel, tables: TableFormat?) {
    self.model = model
    self.tables = tables
  }

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

    /// Of the files as they are.
    ///
    /// - Throws: ``StoreError``.
    public init(in folder: String) throws {
      numbers = ContentHash(of: try readFile(folder + "/model.safetensors"))
      description = ContentHash(of: try readFile(folder + "/model.json"))
    }

    fileprivate init(of contents: (numbers: Data, description: Data)) {
      numbers = ContentHash(of: contents.numbers)
      description = ContentHash(of: contents.description)
    }
  }

  /// Of the files that ``write(to:)`` would write.
  public var hashes: Hashes { get throws { Hashes(of: try contents) } }

  private var contents: (numbers: Data, description: Data) {
    get throws {
      let numbers = Data(Safetensors.encode(model.parameters))
      return (numbers, try CanonicalJSON.encode(Description(self), blobs: SingleBlob(numbers)))
    }
  }

  /// Writes both files.
  ///
  /// - Returns: SHA-256 of both.
  public func write(to folder: String) throws -> Hashes {
    let contents = try contents
    try writeAtomically(contents.numbers, to: folder + "/model.safetensors")
    try writeAtomically(contents.description, to: folder + "/model.json")
    return Hashes(of: contents)
  }

  /// Reads both files.
  ///
  /// - Parameters:
  ///   - path: the folder, or one of the two files.
  ///   - models: the models of one's own that the description may name.
  /// - Throws: ``StoreError``.
  public init(reading path: String, models: ModelRegistry = ModelRegistry()) throws {
    let folder = Self.isFile(path) ? path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." : path
    let numbers = folder + "/model.safetensors"
    let description = folder + "/model.json"
    let bytes = try readFile(numbers)
    // Decoded apart from the description, so that what is wrong with the numbers is said.
    do {
      _ = try Safetensors.decode(bytes)
    } catch {
      throw StoreError(.corrupt, path: numbers, error.message)
    }
    do {
      let read: Description = try CanonicalJSON.decode(
        from: readFile(description, limit: 1 << 30), blobs: SingleBlob(bytes), models: models)
      (model, tables) = (read.model, read.tables)
      try model.check()
    } catch let error as DecodingError {
      throw StoreError(
        .corrupt, path: description, error.unknownModel ?? "not a model's description: \(error.reason)")
    } catch let error as ModelError {
      throw StoreError(.corrupt, path: description, "not a model's description: \(error.message)")
    } catch is SingleBlob.OtherBytes {
      throw StoreError(.corrupt, path: numbers, "its SHA-256 is not the one that model.json names")
    }
    guard model.parameters.layout == model.architecture.model.layout else {
      throw StoreError(
        .corrupt, path: numbers, "its tensors are not those of the model that model.json describes")
    }
  }

  private static func isFile(_ path: String) -> Bool {
    path.hasSuffix(".safetensors") || path.hasSuffix(".json")
  }

  /// Reads the numbers alone, from any safetensors file.
  ///
  /// - Parameter path: the file, or a run's folder.
  public static func parameters(_ path: String) throws -> ParameterSet {
    let path = isFile(path) ? path : path + "/model.safetensors"
    let bytes = try readFile(path)
    do {
      return try Safetensors.decode(bytes).parameters
    } catch {
      throw StoreError(.corrupt, path: path, error.message)
    }
  }
}

/// What `model.json` holds: the model's own keys, and one for its tables.
private struct Description: Codable {
  let model: LearnedModel
  let tables: TableFormat?

  private enum Key: String, CodingKey { case tables }

  init(_ file: ModelFile) { (model, tables) = (file.model, file.tables) }

  init(from decoder: any Decoder) throws {
    model = try LearnedModel(from: decoder)
    tables = try decoder.container(keyedBy: Key.self).decodeIfPresent(
      TableFormat.self, forKey: .tables)
  }

  func encode(to encoder: any Encoder) throws {
    try model.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(tables, forKey: .tables)
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

  /// What is wrong, and under which key.
  fileprivate var reason: String {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { text, key in
        key.intValue.map { "\(text)[\($0)]" }
          ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
      }
    }
    switch self {
    case .keyNotFound(let key, let context): return "\(place(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): return "\(place(context.codingPath)) has no value"
    case .typeMismatch(_, let context): return "\(place(context.codingPath)) is of another type"
    case .dataCorrupted(let context):
      let place = place(context.codingPath)
      return (place.isEmpty ? "" : place + ": ") + context.debugDescription
    @unknown default: return "it cannot be read"
    }
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
