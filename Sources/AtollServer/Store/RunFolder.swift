import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// The files of a run: what came of it, and while it goes on its models, named by their SHA-256, and answers that are
/// being received.
final class RunFolder: BlobStore {
  let path: String
  private let known: Mutex<Set<ContentHash>>

  private var blobs: String { path + "/state/blobs" }
  private var answers: String { path + "/state/answers" }

  init(_ run: RunID, in store: ServerStore) throws {
    path = "\(store.path)/runs/\(run)"
    var making = Making()
    try making.folder(path + "/state/blobs")
    try making.folder(path + "/state/answers")
    removeTemporaryFiles(in: path)
    removeTemporaryFiles(in: path + "/state/blobs")
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/state/blobs")
    known = Mutex(Set(names.compactMap { ContentHash($0) }))
  }

  // MARK: Models

  /// On the disk when this returns: a commit names it.
  func put(_ bytes: Data) throws -> ContentHash {
    let hash = ContentHash(of: bytes)
    if known.withLock({ $0.contains(hash) }) { return hash }
    try writeAtomically(bytes, to: blob(hash))
    known.withLock { _ = $0.insert(hash) }
    return hash
  }

  func get(_ hash: ContentHash) throws -> Data {
    let bytes = try readBytes(blob(hash))
    guard ContentHash(of: bytes) == hash else {
      throw StoreError(.corrupt, path: blob(hash), "the file has changed since it was written")
    }
    return bytes
  }

  func blob(_ hash: ContentHash) -> String { "\(blobs)/\(hash.hexadecimal)" }

  func has(_ hash: ContentHash) -> Bool { known.withLock { $0.contains(hash) } }

  /// Forgets all other models.
  func keep(_ hashes: Set<ContentHash>) {
    let forgotten = known.withLock { known in
      defer { known.formIntersection(hashes) }
      return known.subtracting(hashes)
    }
    // A file that stays behind costs room, nothing else; it is found again at the next start.
    for hash in forgotten { try? FileManager.default.removeItem(atPath: blob(hash)) }
  }

  // MARK: Answers

  /// Where a participant's answer is received: another answer goes to another file.
  func answer(of participant: ParticipantID, exchange: Int, hash: ContentHash) -> String {
    let name = ContentHash(of: Array(participant.name.utf8)).hexadecimal.prefix(16)
    return "\(answers)/\(exchange)-\(name)-\(hash.hexadecimal.prefix(32))"
  }

  /// Takes away what was received for exchanges before this one.
  func dropAnswers(before exchange: Int) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: answers)) ?? [] {
      if let number = Int(name.prefix { $0 != "-" }), number < exchange {
        try? files.removeItem(atPath: answers + "/" + name)
      }
    }
  }

  /// Ends the run's state: only what came of it stays.
  func dropState() { try? FileManager.default.removeItem(atPath: path + "/state") }
}

/// Notes which models are named while something is encoded.
final class BlobCollector: BlobStore {
  private let store: any ModelShelf
  private let sizes = Mutex<[ContentHash: Int]>([:])

  init(_ store: any ModelShelf) { self.store = store }

  /// Every model that was named, with its size in bytes.
  var collected: [ContentHash: Int] { sizes.withLock { $0 } }

  func put(_ bytes: Data) throws -> ContentHash {
    let hash = try store.put(bytes)
    sizes.withLock { $0[hash] = bytes.count }
    return hash
  }

  func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }
}
