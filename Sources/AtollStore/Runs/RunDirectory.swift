public import AtollFederation
public import AtollNumerics
public import FoundationEssentials
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A run in a folder: the task, the state while it goes on, and what came of it.
///
/// ```
/// task.yaml           the task as resolved
/// events.jsonl        what was told, one JSON object a line
/// ledger.jsonl        what was given away of participants, where the task promises privacy
/// manifest.json       header and records, when the run is finished
/// report.html         what came of it, for people
/// model.safetensors   the model, and model.json: what a prediction needs besides
/// state/              while the run goes on: header, checkpoint, journal, blobs
/// ```
///
/// A commit is the renaming of `state/checkpoint.json`; the journal follows it and is mended from it. So a process may be
/// killed at any instant. A secret is of the exchange that comes next, and its file has that number: one that belongs to a commit
/// lies there before the commit, and counts from the commit on. Only one process uses a folder at a time.
public final class RunDirectory: RunStore {
  /// The folder.
  public let path: String
  /// What the run is of.
  public let header: RunHeader

  private let lock: FileLock
  private let state: Mutex<State>

  private struct State {
    var journal: Journal
    var blobs: Set<ContentHash> = []
  }

  /// Begins a run.
  ///
  /// - Throws: ``StoreError``: `.cannotWrite` when the folder exists and is not empty, or cannot be made.
  public init(creating path: String, header: RunHeader, task: String) throws {
    let link = try header.hash
    try requireNewFolder(path)
    var making = Making()
    do {
      try making.folder(path + "/state/blobs")
      lock = try Self.lock(path)
    } catch {
      making.undo()
      throw error
    }
    self.path = path
    self.header = header
    state = Mutex(State(journal: Journal(Self.journal(in: path), header: link)))
    do {
      try writeAtomically(task.utf8, to: path + "/task.yaml", durably: false)
      // Last, because its presence says that there is a run to resume.
      try writeAtomically(CanonicalJSON.encode(header), to: path + "/state/header.json", durably: false)
    } catch {
      discard()
      throw error
    }
  }

  private static func lock(_ path: String) throws(StoreError) -> FileLock {
    let file = path + "/state/lock"
    guard let lock = try FileLock(file, mode: 0o666) else {
      throw StoreError(.busy, path: file, "another process is working on this run")
    }
    return lock
  }

  /// Whether a run in this folder was begun and has not come to its end.
  public static func isUnfinished(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/state/header.json")
  }

  /// Takes away what a process leaves that was killed while it began a run. Nothing else is touched.
  public static func clearUnbegun(_ path: String) {
    let files = FileManager.default
    guard files.fileExists(atPath: path + "/state/blobs"), !isUnfinished(path),
      let names = try? files.contentsOfDirectory(atPath: path),
      names.allSatisfy({ ["state", "task.yaml"].contains($0) || $0.hasPrefix(".atoll-") })
    else { return }
    try? files.removeItem(atPath: path)
  }

  /// Goes on with a run that was interrupted.
  ///
  /// - Throws: ``StoreError``: `.notFound` when there is no unfinished run in the folder, `.corrupt` when its files
  ///   contradict each other.
  public init(resuming path: String) throws {
    guard Self.isUnfinished(path) else {
      let finished = FileManager.default.fileExists(atPath: path + "/manifest.json")
      throw StoreError(
        .notFound, path: path, finished ? "this run is finished" : "there is no interrupted run here")
    }
    lock = try Self.lock(path)
    self.path = path
    for folder in [path, path + "/state", path + "/state/blobs"] { removeTemporaryFiles(in: folder) }
    header = try readJSON(RunHeader.self, path + "/state/header.json")
    let checkpoint = try Self.readCheckpoint(path)
    let journal = try Journal(
      mending: Self.journal(in: path), header: try header.hash, upTo: checkpoint?.record)
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/state/blobs")
    try Self.removeStaleSecrets(in: path, next: journal.count)
    state = Mutex(State(journal: journal, blobs: Set(names.compactMap { ContentHash($0) })))
  }

  private static func journal(in path: String) -> String { path + "/state/journal.jsonl" }

  /// The task as resolved, canonical YAML.
  public var taskText: String {
    get throws { String(decoding: try readFile(path + "/task.yaml", limit: 1 << 20), as: UTF8.self) }
  }

  // MARK: Blobs

  public func put(_ bytes: Data) throws -> ContentHash {
    let hash = ContentHash(of: bytes)
    let isNew = state.withLock { $0.blobs.insert(hash).inserted }
    if isNew { try writeAtomically(bytes, to: blob(hash), durably: false) }
    return hash
  }

  public func get(_ hash: ContentHash) throws -> Data {
    let bytes = try readBytes(blob(hash))
    guard ContentHash(of: bytes) == hash else {
      throw StoreError(.corrupt, path: blob(hash), "the file has changed since it was written")
    }
    return bytes
  }

  private func blob(_ hash: ContentHash) -> String { "\(path)/state/blobs/\(hash.hexadecimal)" }

  // MARK: Commits

  public func checkpoint() throws -> Checkpoint? { try Self.readCheckpoint(path) }

  /// The last round that was finished and committed; 0 before the first.
  public var lastRound: Int { state.withLock { $0.journal.lastRound } }

  /// Whether nothing was committed yet.
  public var isEmpty: Bool { state.withLock { $0.journal.count == 0 } }

  /// Calls `body` with each committed record in order, read back from the journal one at a time.
  ///
  /// - Throws: ``StoreError`` when the journal is not what was written; what `body` throws.
  public func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws {
    try state.withLock { $0.journal }.forEachRecord(body)
  }

  /// Calls `body` with the report of each committed round in order; quicker than reading the records for them.
  ///
  /// - Throws: as ``forEachRecord(_:)``.
  public func forEachRound(_ body: (RoundReport) throws -> Void) throws {
    try state.withLock { $0.journal }.forEachRound(body)
  }

  /// Bytes that participants sent and received in all committed rounds.
  public var traffic: (up: Int, down: Int) {
    state.withLock { ($0.journal.bytesUp, $0.journal.bytesDown) }
  }

  public func keepSecret(_ bytes: Data) throws {
    try writeAtomically(bytes, to: secretFile(of: nextExchange), mode: 0o600)
  }

  public func secret() throws -> Data? {
    let file = secretFile(of: nextExchange)
    return FileManager.default.fileExists(atPath: file) ? try readBytes(file) : nil
  }

  public func commit(
    _ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data? = nil
  ) throws {
    let over = secretFile(of: nextExchange)
    if let secret, let record = checkpoint.record {
      try writeAtomically(secret, to: secretFile(of: record.exchange + 1), mode: 0o600)
    }
    // What has noise may be shown after this: also a power failure must not take it back.
    try writeAtomically(
      CanonicalJSON.encode(checkpoint), to: path + "/state/checkpoint.json",
      durably: checkpoint.participation != nil)
    // A kill in between leaves it: it is of an exchange that is over, and goes when the run is resumed.
    unlink(over)
    guard let record = checkpoint.record else { return }
    let forgotten = try state.withLock { state in
      try state.journal.append(record)
      defer { state.blobs.formIntersection(blobs) }
      return state.blobs.subtracting(blobs)
    }
    // A blob that stays behind costs room, nothing else.
    for hash in forgotten { try? FileManager.default.removeItem(atPath: blob(hash)) }
  }

  /// Ends the run: writes the manifest, then forgets the state.
  ///
  /// - Parameter model: SHA-256 of the model's files.
  /// - Returns: the end of the chain of records.
  /// - Throws: ``StoreError``.
  @discardableResult
  public func finish(model: ModelFile.Hashes) throws -> ContentHash {
    let journal = state.withLock { $0.journal }
    try Manifest.write(header: header, exchanges: journal, model: model, to: path + "/manifest.json")
    removeState()
    return journal.head
  }

  /// Takes everything away again: for a run that could not even begin.
  public func discard() {
    removeState()
    for name in ["task.yaml", "events.jsonl", "report.html", "ledger.jsonl", "ledger.jsonl.head"] {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    // Fails, as it should, where the folder holds anything else.
    rmdir(path)
  }

  /// Number of the exchange that is not committed yet.
  private var nextExchange: Int { state.withLock { $0.journal.count } }

  private func secretFile(of exchange: Int) -> String { Self.secretPrefix(in: path) + String(exchange) }

  private static func secretPrefix(in path: String) -> String { path + "/state/secret-" }

  /// Removes secrets of exchanges that are over, and of commits that never took effect.
  private static func removeStaleSecrets(in path: String, next exchange: Int) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path + "/state")
    where name.hasPrefix("secret-") && name != "secret-\(exchange)" {
      unlink("\(path)/state/\(name)")
    }
  }

  private func removeState() {
    // The header first: without it what a kill leaves behind is no run to resume.
    try? FileManager.default.removeItem(atPath: path + "/state/header.json")
    try? FileManager.default.removeItem(atPath: path + "/state")
  }

  private static func readCheckpoint(_ path: String) throws -> Checkpoint? {
    guard FileManager.default.fileExists(atPath: path + "/state/checkpoint.json") else { return nil }
    return try readJSON(Checkpoint.self, path + "/state/checkpoint.json")
  }
}
