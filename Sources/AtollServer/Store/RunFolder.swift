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
  private let shelf: Mutex<Shelf>

  private struct Shelf {
    /// Models that are whole.
    var known: Set<ContentHash> = []
    /// Models that a power failure would take.
    var unsynchronized: Set<ContentHash> = []
    /// Files from before the start, which may be half written where no commit names them.
    var old: Set<ContentHash>

    mutating func add(_ hash: ContentHash) {
      known.insert(hash)
      unsynchronized.insert(hash)
      old.remove(hash)
    }
  }

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
    shelf = Mutex(Shelf(old: Set(names.compactMap { ContentHash($0) })))
  }

  // MARK: Models

  /// It can be read when this returns; a commit that names it waits for ``synchronize()``.
  func put(_ bytes: Data) throws -> ContentHash {
    let hash = ContentHash(of: bytes)
    if has(hash) { return hash }
    try writeAtomically(bytes, to: blob(hash), durably: false)
    shelf.withLock { $0.add(hash) }
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
    if has(hash) { return hash }
    try writer.commit(as: blob(hash), durably: false)
    shelf.withLock { $0.add(hash) }
    return hash
  }

  /// Waits until every model that is kept is on the disk.
  func synchronize() throws {
    let hashes = shelf.withLock { $0.unsynchronized }
    try AtollStore.synchronize(hashes.map(\.hexadecimal), in: blobs)
    shelf.withLock { $0.unsynchronized.subtract(hashes) }
  }

  func get(_ hash: ContentHash) throws -> Data {
    let bytes = try mapBytes(blob(hash))
    try note(ContentHash(of: bytes), as: hash)
    return bytes
  }

  /// Takes a model's numbers from its file while a second thread hashes it: a server that comes back waits for both.
  func parameters(_ hash: ContentHash) throws -> ParameterSet {
    let bytes = try mapBytes(blob(hash))
    let findings = Findings()
    withThreads(2) { thread in
      if thread == 0 {
        let model = Result { () throws -> ParameterSet in try Safetensors.decode(bytes).parameters }
        findings.model.withLock { $0 = model }
      } else {
        let hash = ContentHash(of: bytes)
        findings.hash.withLock { $0 = hash }
      }
    }
    try note(findings.hash.withLock { $0 }, as: hash)
    return try findings.model.withLock { try $0.get() }
  }

  /// What two threads find in a model's file; nothing that would pass for a model until both have.
  private final class Findings: Sendable {
    let model = Mutex(Result<ParameterSet, any Error>.failure(CancellationError()))
    let hash = Mutex(ContentHash.ofNothing)
  }

  /// Notes that a model is whole, as it has the SHA-256 that it is named by.
  private func note(_ found: ContentHash, as hash: ContentHash) throws {
    guard found == hash else {
      throw StoreError(.corrupt, path: blob(hash), "the file has changed since it was written")
    }
    shelf.withLock { $0.add(hash) }
  }

  func blob(_ hash: ContentHash) -> String { "\(blobs)/\(hash.hexadecimal)" }

  func has(_ hash: ContentHash) -> Bool { shelf.withLock { $0.known.contains(hash) } }

  /// Forgets all other models; not while a backup is made, whose commit may name them.
  func keep(_ hashes: Set<ContentHash>) {
    guard !BackupLock.isHeld(in: store.path) else { return }
    let forgotten = shelf.withLock { shelf in
      let forgotten = shelf.known.union(shelf.old).subtracting(hashes)
      shelf.known.subtract(forgotten)
      shelf.unsynchronized.subtract(forgotten)
      shelf.old.subtract(forgotten)
      return forgotten
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
