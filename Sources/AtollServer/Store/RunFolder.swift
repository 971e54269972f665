import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of a run: what came of it, and while it goes on its models, named by their SHA-256, and answers that are
/// being received.
final class RunFolder: BlobStore {
  let path: String
  private let store: ServerStore
  private let known: Mutex<Set<ContentHash>>

  private var blobs: String { path + "/state/blobs" }
  private var answers: String { path + "/state/answers" }

  init(_ run: RunID, in store: ServerStore) throws {
    self.store = store
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

  /// The same for a model, whose file is written from the numbers as they lie.
  func put(_ parameters: ParameterSet) throws -> ContentHash {
    let writer = try AtomicWriter(blobs + "/model")
    var hasher = ContentHasher()
    try Safetensors.forEachPiece(of: parameters) { piece in
      try writer.write(piece)
      hasher.update(piece)
    }
    let hash = hasher.finalize()
    if known.withLock({ $0.contains(hash) }) { return hash }
    try writer.commit(as: blob(hash))
    known.withLock { _ = $0.insert(hash) }
    return hash
  }

  func get(_ hash: ContentHash) throws -> Data {
    let bytes = try mapBytes(blob(hash))
    guard ContentHash(of: bytes) == hash else {
      throw StoreError(.corrupt, path: blob(hash), "the file has changed since it was written")
    }
    return bytes
  }

  func blob(_ hash: ContentHash) -> String { "\(blobs)/\(hash.hexadecimal)" }

  func has(_ hash: ContentHash) -> Bool { known.withLock { $0.contains(hash) } }

  /// Forgets all other models; not while a backup is made, whose commit may name them.
  func keep(_ hashes: Set<ContentHash>) {
    guard !BackupLock.isHeld(in: store.path) else { return }
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

  /// Takes away what was received of an answer.
  func dropAnswer(of participant: ParticipantID, exchange: Int, hash: ContentHash) {
    // A file that stays behind costs room until the exchange is over.
    _ = unlink(answer(of: participant, exchange: exchange, hash: hash))
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
  func dropState() { Self.remove(path + "/state", in: store) }

  /// The same for a run that was over when the server stopped.
  static func dropState(of run: RunID, in store: ServerStore) {
    remove("\(store.path)/runs/\(run)/state", in: store)
  }

  /// Takes away everything of a run.
  static func drop(_ run: RunID, in store: ServerStore) { remove("\(store.path)/runs/\(run)", in: store) }

  /// Files that stay behind are taken away at the next start.
  private static func remove(_ path: String, in store: ServerStore) {
    guard !BackupLock.isHeld(in: store.path) else { return }
    try? FileManager.default.removeItem(atPath: path)
  }
}
