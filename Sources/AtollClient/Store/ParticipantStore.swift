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
/// runs/RUN/task                SHA-256 of its task
/// runs/RUN/memory.json         the last exchange whose answer was committed, and the file of what was remembered then
/// runs/RUN/memory-N            what is remembered since exchange N
/// runs/RUN/pending-N/          an answer that is not settled: answer, memory, pending.json (written last)
/// runs/RUN/withdrawn           that its owner has withdrawn from the run, and when
/// models/SHA256[.part]         models, whole or half
/// ```
/// What an exchange changes in the memory is provisional until it is committed: the answer and the change are kept
/// together, and dropped or taken over together.
final class ParticipantStore: Sendable {
  let path: String
  private let lock: Int32

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
  init(in path: String) throws {
    self.path = path
    var making = Making()
    try making.folder(path + "/runs")
    try making.folder(path + "/models")
    lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw StoreError(.cannotWrite, path: path + "/lock", "cannot be written") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw StoreError(.busy, path: path, "another process takes part with this identity")
    }
    _ = chmod(path, 0o700)
    removeTemporaryFiles(in: path + "/models")
  }

  deinit { close(lock) }

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

  /// Keeps an answer, on the disk when this returns.
  ///
  /// - Parameter memory: what is remembered once it is committed; nil where nothing changes.
  func keep(_ pending: Pending, answer: Data, memory: LocalState?) throws {
    let folder = folder(pending.exchange)
    // What a kill left half written.
    try? FileManager.default.removeItem(atPath: folder)
    var making = Making()
    try making.folder(folder)
    try writeAtomically(answer, to: folder + "/answer")
    if let memory { try writeAtomically(memory.bytes, to: folder + "/memory") }
    let file = PendingFile(
      task: pending.task, question: pending.question, answer: pending.answer, size: pending.size,
      kind: pending.kind, round: pending.round, what: pending.what, changesMemory: memory != nil)
    try writeAtomically(CanonicalJSON.encode(file), to: folder + "/pending.json")
  }

  /// Every answer that is not settled, oldest first.
  func pending() throws -> [Pending] {
    let files = FileManager.default
    var all: [Pending] = []
    for name in (try? files.contentsOfDirectory(atPath: path + "/runs")) ?? [] {
      guard let run = RunID(name) else { continue }
      let settled = try memory(of: run)?.exchange ?? -1
      for entry in (try? files.contentsOfDirectory(atPath: folder(run))) ?? [] {
        guard entry.hasPrefix("pending-"), let number = Int(entry.dropFirst(8)) else { continue }
        let exchange = ExchangeID(run, number)
        guard number > settled, files.fileExists(atPath: folder(exchange) + "/pending.json") else {
          // Half written, or taken over already when a kill came.
          try? files.removeItem(atPath: folder(exchange))
          continue
        }
        let file: PendingFile = try CanonicalJSON.decode(from: readBytes(folder(exchange) + "/pending.json"))
        all.append(
          Pending(
            exchange: exchange, task: file.task, question: file.question, answer: file.answer,
            size: file.size, kind: file.kind, round: file.round, what: file.what))
      }
    }
    return all.sorted { ($0.exchange.run, $0.exchange.exchange) < ($1.exchange.run, $1.exchange.exchange) }
  }

  /// The file of an answer.
  func answerFile(_ exchange: ExchangeID) -> String { folder(exchange) + "/answer" }

  // MARK: Runs

  /// Keeps that a run goes on.
  func note(_ run: RunID, task: ContentHash) throws {
    let file = folder(run) + "/task"
    guard !FileManager.default.fileExists(atPath: file) else { return }
    var making = Making()
    try making.folder(folder(run))
    try writeAtomically(task.hexadecimal.utf8, to: file)
  }

  /// Runs of which the end was not seen, with the SHA-256 of their tasks.
  func runs() throws -> [RunID: ContentHash] {
    var runs: [RunID: ContentHash] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path + "/runs")) ?? [] {
      let file = "\(path)/runs/\(name)/task"
      guard let run = RunID(name), FileManager.default.fileExists(atPath: file) else { continue }
      runs[run] = ContentHash(String(decoding: try readBytes(file), as: UTF8.self))
    }
    return runs
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
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    do {
      return try CanonicalJSON.decode(from: readBytes(file))
    } catch is DecodingError {
      throw StoreError(.corrupt, path: file, "not what Atoll writes there")
    }
  }

  /// The last exchange of each run whose answer was committed.
  func lastCommitted() throws -> [RunID: Int] {
    var last: [RunID: Int] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path + "/runs")) ?? [] {
      if let run = RunID(name), let memory = try memory(of: run) { last[run] = memory.exchange }
    }
    return last
  }

  /// What is remembered of a run.
  func state(of run: RunID) throws -> LocalState {
    guard let written = try memory(of: run)?.written else { return LocalState() }
    let file = "\(folder(run))/memory-\(written)"
    guard let state = LocalState(bytes: try readBytes(file)) else {
      throw StoreError(.corrupt, path: file, "not what Atoll writes there")
    }
    return state
  }

  /// An answer is in the sum: what it changed in the memory holds from now on.
  ///
  /// The renaming of `memory.json` is the commit; a kill before it repeats all, and one after it has nothing to lose.
  func commit(_ exchange: ExchangeID) throws {
    let files = FileManager.default
    let pending = folder(exchange)
    guard files.fileExists(atPath: pending + "/pending.json") else { return }
    let before = try memory(of: exchange.run)
    let file: PendingFile = try CanonicalJSON.decode(from: readBytes(pending + "/pending.json"))
    var after = MemoryFile(exchange: exchange.exchange, written: before?.written)
    if file.changesMemory {
      after.written = exchange.exchange
      try writeAtomically(
        readBytes(pending + "/memory"), to: "\(folder(exchange.run))/memory-\(exchange.exchange)")
    }
    try writeAtomically(CanonicalJSON.encode(after), to: folder(exchange.run) + "/memory.json")
    if file.changesMemory, let old = before?.written {
      try? files.removeItem(atPath: "\(folder(exchange.run))/memory-\(old)")
    }
    try? files.removeItem(atPath: pending)
  }

  /// An answer is not in the sum and never will be: it goes, with what it would have changed.
  func discard(_ exchange: ExchangeID) { try? FileManager.default.removeItem(atPath: folder(exchange)) }

  /// A run is over, and nothing of it is open: what was remembered for it goes.
  func forget(_ run: RunID) { try? FileManager.default.removeItem(atPath: folder(run)) }

  // MARK: Models

  func model(_ hash: ContentHash) -> String { "\(path)/models/\(hash.hexadecimal)" }

  func hasModel(_ hash: ContentHash) -> Bool { FileManager.default.fileExists(atPath: model(hash)) }

  /// Only these are wanted any more, half or whole.
  func keepModels(_ hashes: Set<ContentHash>) {
    let names = Set(hashes.map(\.hexadecimal))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path + "/models")) ?? []
    where !names.contains(String(name.prefix(64))) {
      try? FileManager.default.removeItem(atPath: "\(path)/models/\(name)")
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

  func get(_ hash: ContentHash) throws -> Data { try readBytes(store.model(hash)) }
}
