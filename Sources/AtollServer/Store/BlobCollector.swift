import AtollFederation
import AtollNumerics
import AtollStore
import FoundationEssentials
import Synchronization

/// Notes which models are named while something is encoded, and puts off what cannot be written now.
final class BlobCollector: BlobStore {
  private struct State {
    /// Every model that was named, with its size in bytes.
    var sizes: [ContentHash: Int] = [:]
    /// Models that were hashed, with the SHA-256 of each. They share their memory with whoever put them in.
    var hashed: [(parameters: ParameterSet, hash: ContentHash, size: Int)] = []
    /// What is named and not in the store, for want of room.
    var unwritten: [ContentHash: Unwritten] = [:]
  }

  private enum Unwritten {
    case bytes(Data)
    case parameters(ParameterSet)
  }

  private let store: any ModelShelf
  private let state: Mutex<State>

  /// - Parameter earlier: named models that may be named again.
  init(_ store: any ModelShelf, after earlier: BlobCollector? = nil) {
    self.store = store
    let known = earlier?.state.withLock { state in state.hashed.filter { state.sizes[$0.hash] != nil } }
    state = Mutex(State(hashed: known ?? []))
  }

  /// Every model that was named, with its size in bytes.
  var collected: [ContentHash: Int] { state.withLock { $0.sizes } }

  /// Writes what could not be written when it was named, and waits for none of it.
  ///
  /// - Throws: `StoreError` when there is still no room.
  func write() throws {
    try state.withLock { state in
      for (hash, content) in state.unwritten {
        switch content {
        case .bytes(let bytes): _ = try store.put(bytes)
        case .parameters(let parameters): _ = try store.put(parameters)
        }
        state.unwritten[hash] = nil
      }
    }
  }

  func put(_ bytes: Data) -> ContentHash {
    let hash = ContentHash(of: bytes)
    let isWritten = (try? store.put(bytes)) != nil
    state.withLock { state in
      state.sizes[hash] = bytes.count
      if !isWritten { state.unwritten[hash] = .bytes(bytes) }
    }
    return hash
  }

  func put(_ parameters: ParameterSet) -> ContentHash {
    state.withLock { state in
      if let known = state.hashed.first(where: { $0.parameters.isSame(as: parameters) }) {
        state.sizes[known.hash] = known.size
        return known.hash
      }
      let size = parameters.fileSize
      let hash: ContentHash
      do {
        hash = try store.put(parameters)
      } catch {
        hash = Safetensors.hash(of: parameters)
        state.unwritten[hash] = .parameters(parameters)
      }
      state.hashed.append((parameters, hash, size))
      state.sizes[hash] = size
      return hash
    }
  }

  func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }

  /// Reads a model, whose SHA-256 is known from then on: a question that names it does not hash and write it again.
  func parameters(_ hash: ContentHash) throws -> ParameterSet {
    let parameters = try store.parameters(hash)
    state.withLock { state in
      state.hashed.append((parameters, hash, parameters.fileSize))
      state.sizes[hash] = parameters.fileSize
    }
    return parameters
  }
}

extension ParameterSet {
  /// Of its safetensors file, in bytes.
  fileprivate var fileSize: Int {
    var size = 0
    Safetensors.forEachPiece(of: self) { size += $0.count }
    return size
  }

  /// Whether the two are one in memory; then they are equal, and that is known without a look at the numbers.
  fileprivate func isSame(as other: ParameterSet) -> Bool {
    values.count == other.values.count
      && values.withUnsafeBufferPointer { own in
        other.values.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
      } && layout == other.layout
  }
}
