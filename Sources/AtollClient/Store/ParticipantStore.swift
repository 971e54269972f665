import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a participant keeps on its own disk: answers until they are settled, what it remembers from exchange to
/// exchange, and models while they are asked about.
///
/// ```
/// lock
/// receipts.jsonl[.head]        what left
/// ledger.jsonl[.head]          what was given away of data sets, where tasks promise privacy
/// server-ledger.head           where the server's own ledger ended when it was seen last
/// runs/RUN/task                SHA-256 of its task
/// runs/RUN/memory.json         the last exchange whose answer was committed, and the file of what was remembered then
/// runs/RUN/memory-N            what is remembered since exchange N
/// runs/RUN/pending-N/          an answer that is not settled: answer, memory, pending.json (written last)
/// runs/RUN/withdrawn           that its owner has withdrawn from the run, and when
/// tasks/RUN.json               the task of a run that was answered to, kept for good: what a statement is made of
/// models/SHA256[.part]         models, whole or half
/// ```
/// What an exchange changes in the memory is provisional until it is committed: the answer and the change are kept
/// together, and dropped or taken over together.
final class ParticipantStore: Sendable {
  let path: String
  private let disk: any Disk
  /// Keeps other processes away while the store is in use.
  private let lock: FileLock?

  /// An answer that is not settled.
  struct Pending: Sendable {
    let exchange: ExchangeID
    /// SHA-256 of the task.
    let task: ContentHash
    /// SHA-256 of the question.
    let question: ContentHash
    /// SHA-256 of the answer.
    let answer: ContentHash
    /// Of the answer, in bytes.
    let size: Int
    /// What is asked.
    let kind: String
    /// The round that is trained with it, from 1; nil where none is.
    var round: Int?
    /// What it is, in plain words.
    var what = ""
  }

  /// - Throws: `StoreError`; `.busy` when another process is this participant.
  convenience init(in path: String) throws {
    let disk = LocalDisk()
    try disk.makeFolder(path)
    guard let lock = try FileLock(path + "/lock") else {
      throw StoreError(.busy, path: path, "another process takes part with this identity")
    }
    _ = chmod(path, 0o700)
    try self.init(in: path, on: disk, lock: lock)
    removeTemporaryFiles(in: path + "/models")
  }

  /// The same on any disk.
  init(in path: String, on disk: any Disk, lock: FileLock? = nil) throws {
    self.path = path
    self.disk = disk
    self.lock = lock
    try disk.makeFolder(path + "/runs")
    try disk.makeFolder(path + "/models")
    dropDamagedModels()
  }

  // MARK: Pending answers

  private struct PendingFile: Codable {
    var task: ContentHash
    var question: ContentHash
    var answer: ContentHash
    var size: Int
    var kind: String
    var round: Int?
    var what: String
    /// Whether the memory changes with the commit.
    var changesMemory: Bool
  }

  private func folder(_ run: RunID) -> String { "\(path)/runs/\(run)" }
  private func folder(_ exchange: ExchangeID) -> String {
    "\(folder(exchange.run))/pending-\(exchange.exchange)"
  }

  /// Writes an answer, which counts for nothing until it is kept.
  ///
  /// - Parameter durably: whether to wait for the disk: where the answer changes what is remembered.
  /// - Returns: its SHA-256.
  func write(
    _ answer: EncodedAnswer.Outgoing, to exchange: ExchangeID, durably: Bool
  ) throws -> ContentHash {
    var hasher = ContentHasher()
    try write(to: exchange, durably: durably) { write in
      try answer.forEachPiece { piece in
        try write(piece)
        hasher.update(piece)
      }
    }
    return hasher.finalize()
  }

  /// Writes and keeps an answer.
  func keep(_ pending: Pending, answer: Data, memory: LocalState?) throws {
    try write(to: pending.exchange, durably: memory != nil) { write in try answer.withUnsafeBytes(write) }
    try keep(pending, memory: memory)
  }

  private func write(
    to exchange: ExchangeID, durably: Bool,
    _ pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let folder = folder(exchange)
    // What a kill left half written.
    discard(exchange)
    try disk.makeFolder(folder)
    try disk.write(to: folder + "/answer", durably: durably, pieces)
  }

  /// Keeps an answer that was written until it is settled.
  ///
  /// Only where it changes what is remembered is it waited for until it is on the disk: another could be computed, but if
  /// this one is in the sum, only what was kept with it is what must be remembered.
  ///
  /// - Parameters:
  ///   - memory: what is remembered once it is committed; nil where nothing changes.
  ///   - durably: whether to wait for the disk whatever changes: where no other could be computed.
  func keep(_ pending: Pending, memory: LocalState?, durably: Bool = false) throws {
    let folder = folder(pending.exchange)
    if let memory { try disk.write(memory.bytes, to: folder + "/memory") }
    let file = PendingFile(
      task: pending.task, question: pending.question, answer: pending.answer, size: pending.size,
      kind: pending.kind, round: pending.round, what: pending.what, changesMemory: memory != nil)
    try disk.write(
      CanonicalJSON.encode(file), to: folder + "/pending.json", durably: memory != nil || durably)
  }

  /// Every answer that is not settled, oldest first.
  func pending() throws -> [Pending] {
    var all: [Pending] = []
    for run in runFolders {
      let settled = try memory(of: run)?.exchange ?? -1
      for entry in disk.names(in: folder(run)) {
        guard entry.hasPrefix("pending-"), let number = Int(entry.dropFirst(8)) else { continue }
        let exchange = ExchangeID(run, number)
        guard number > settled, disk.exists(folder(exchange) + "/pending.json") else {
          // Half written, or taken over already when a kill came.
          discard(exchange)
          continue
        }
        guard let file = try whole(exchange) else {
          // Settled before, and back in part after a power failure, or not waited for and gone in part with it.
          discard(exchange)
          continue
        }
        all.append(
          Pending(
            exchange: exchange, task: file.task, question: file.question, answer: file.answer,
            size: file.size, kind: file.kind, round: file.round, what: file.what))
      }
    }
    return all.sorted { ($0.exchange.run, $0.exchange.exchange) < ($1.exchange.run, $1.exchange.exchange) }
  }

  private var runFolders: [RunID] { disk.names(in: path + "/runs").compactMap { RunID($0) } }

  private func decode<Value: Decodable>(_ file: String) throws -> Value {
    let bytes = try disk.read(file)
    do {
      return try CanonicalJSON.decode(from: bytes)
    } catch {
      throw StoreError(.corrupt, path: file, "not what Atoll writes there")
    }
  }

  /// What is kept of an answer; nil where it is not what was written.
  private func whole(_ exchange: ExchangeID) throws -> PendingFile? {
    let bytes = try disk.read(folder(exchange) + "/pending.json")
    guard let file = try? CanonicalJSON.decode(PendingFile.self, from: bytes),
      disk.exists(answerFile(exchange))
    else { return nil }
    if file.changesMemory { return disk.exists(folder(exchange) + "/memory") ? file : nil }
    let answer = try disk.map(answerFile(exchange))
    return answer.count == file.size && ContentHash(of: answer) == file.answer ? file : nil
  }

  /// The file of an answer.
  func answerFile(_ exchange: ExchangeID) -> String { folder(exchange) + "/answer" }

  // MARK: Runs

  /// Keeps that a run goes on.
  func note(_ run: RunID, task: ContentHash) throws {
    let file = folder(run) + "/task"
    guard !disk.exists(file) else { return }
    try disk.makeFolder(folder(run))
    try disk.write(Data(task.hexadecimal.utf8), to: file)
  }

  /// Runs of which the end was not seen, with the SHA-256 of their tasks.
  func runs() throws -> [RunID: ContentHash] {
    var runs: [RunID: ContentHash] = [:]
    for run in runFolders where disk.exists(folder(run) + "/task") {
      runs[run] = ContentHash(String(decoding: try disk.read(folder(run) + "/task"), as: UTF8.self))
    }
    return runs
  }

  /// Keeps what a run is about, for good.
  func keep(_ task: AnsweredTask, of run: RunID) throws {
    let file = AnsweredTask.file(of: run, in: path)
    guard !disk.exists(file) else { return }
    try disk.makeFolder(path + "/tasks")
    try disk.write(CanonicalJSON.encode(task), to: file, durably: false)
  }

  // MARK: Memory

  private struct MemoryFile: Codable {
    /// The last exchange whose answer was committed.
    var exchange: Int
    /// The exchange that wrote what is remembered; nil while nothing is.
    var written: Int?
  }

  private func memory(of run: RunID) throws -> MemoryFile? {
    let file = folder(run) + "/memory.json"
    return disk.exists(file) ? try decode(file) : nil
  }

  /// The last exchange of each run whose answer was committed.
  func lastCommitted() throws -> [RunID: Int] {
    var last: [RunID: Int] = [:]
    for run in runFolders { if let memory = try memory(of: run) { last[run] = memory.exchange } }
    return last
  }

  /// What is remembered of a run.
  func state(of run: RunID) throws -> LocalState {
    guard let written = try memory(of: run)?.written else { return LocalState() }
    let file = "\(folder(run))/memory-\(written)"
    guard let state = LocalState(bytes: try disk.read(file)) else {
      throw StoreError(.corrupt, path: file, "not what Atoll writes there")
    }
    return state
  }

  /// An answer is in the sum: what it changed in the memory holds from now on.
  ///
  /// The renaming of `memory.json` is the commit; a kill before it repeats all, and one after it has nothing to lose.
  func commit(_ exchange: ExchangeID) throws {
    let pending = folder(exchange)
    guard disk.exists(pending + "/pending.json") else { return }
    let before = try memory(of: exchange.run)
    let file: PendingFile = try decode(pending + "/pending.json")
    var after = MemoryFile(exchange: exchange.exchange, written: before?.written)
    if file.changesMemory {
      after.written = exchange.exchange
      try disk.link(pending + "/memory", to: "\(folder(exchange.run))/memory-\(exchange.exchange)")
    }
    // Without a change of the memory, losing it costs no more than that the answer is settled once more.
    try disk.write(
      CanonicalJSON.encode(after), to: folder(exchange.run) + "/memory.json", durably: file.changesMemory)
    if file.changesMemory, let old = before?.written {
      disk.remove("\(folder(exchange.run))/memory-\(old)")
    }
    discard(exchange)
  }

  /// An answer is not in the sum and never will be: it goes, with what it would have changed.
  func discard(_ exchange: ExchangeID) {
    // First the file that says that the others are whole: a kill leaves nothing that looks like an answer.
    disk.remove(folder(exchange) + "/pending.json")
    disk.remove(folder(exchange))
  }

  /// A run is over, and nothing of it is open: what was remembered for it goes.
  func forget(_ run: RunID) {
    // Last the file by which it is known: after a kill it is asked about again, and forgotten then.
    for name in disk.names(in: folder(run)) where name != "task" { disk.remove(folder(run) + "/" + name) }
    disk.remove(folder(run))
  }

  // MARK: Models

  func model(_ hash: ContentHash) -> String { "\(path)/models/\(hash.hexadecimal)" }

  /// Where a model is received.
  func partOfModel(_ hash: ContentHash) -> String { model(hash) + ".part" }

  /// Takes over a model that was received and has the SHA-256 of its name.
  func keepModel(_ hash: ContentHash) throws {
    guard rename(partOfModel(hash), model(hash)) == 0 else {
      throw StoreError(.cannotWrite, path: model(hash), "cannot be written: error \(errno)")
    }
  }

  func hasModel(_ hash: ContentHash) -> Bool { disk.exists(model(hash)) }

  /// Only these are wanted any more, half or whole.
  func keepModels(_ hashes: Set<ContentHash>) {
    let names = Set(hashes.map(\.hexadecimal))
    for name in disk.names(in: path + "/models") where !names.contains(String(name.prefix(64))) {
      disk.remove("\(path)/models/\(name)")
    }
  }

  /// A model.
  func bytes(ofModel hash: ContentHash) throws -> Data { try disk.map(model(hash)) }

  /// Models are not waited for when they are written: what a power failure left of one is fetched anew.
  private func dropDamagedModels() {
    for name in disk.names(in: path + "/models") {
      guard let hash = ContentHash(name) else { continue }
      if (try? disk.map(model(hash))).map({ ContentHash(of: $0) }) != hash { disk.remove(model(hash)) }
    }
  }
}

/// Models of a participant, for decoding a question.
final class ModelReader: BlobStore {
  private let store: ParticipantStore

  init(_ store: ParticipantStore) { self.store = store }

  func put(_ bytes: Data) throws -> ContentHash {
    throw StoreError(.cannotWrite, path: store.path, "a participant writes no models")
  }

  func get(_ hash: ContentHash) throws -> Data { try store.bytes(ofModel: hash) }
}
