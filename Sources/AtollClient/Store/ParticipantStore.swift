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
/// runs/RUN/task                SHA-256 of its task
/// runs/RUN/memory.json         the last exchange whose answer was committed, and the file of what was remembered then
/// runs/RUN/memory-N            what is remembered since exchange N
/// runs/RUN/pending-N/          an answer that is not settled: answer, memory, pending.json (written last)
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
    /// Whether the memory changes with the commit.
    var changesMemory: Bool
  }

  private func folder(_ run: RunID) -> String { "\(path)/runs/\(run)" }
  private func folder(_ exchange: ExchangeID) -> String {
    "\(folder(exchange.run))/pending-\(exchange.exchange)"
  }

  /// Keeps an answer until it is settled.
  ///
  /// - Parameter memory: what is remembered once it is committed; nil where nothing changes.
  func keep(
    _ answer: EncodedAnswer.Outgoing, to question: QuestionMessage, of task: ContentHash,
    memory: LocalState?
  ) throws -> Pending {
    var hasher = ContentHasher()
    try keepAnswer(to: question.exchange, durably: memory != nil) { writer in
      try answer.forEachPiece { piece in
        try writer.write(piece)
        hasher.update(piece)
      }
    }
    let pending = Pending(
      exchange: question.exchange, task: task, question: question.hash, answer: hasher.finalize(),
      size: answer.count, kind: question.kind)
    try complete(pending, memory)
    return pending
  }

  /// The same for an answer whose bytes are there.
  func keep(_ pending: Pending, answer: Data, memory: LocalState?) throws {
    try keepAnswer(to: pending.exchange, durably: memory != nil) { try $0.write(answer) }
    try complete(pending, memory)
  }

  private func keepAnswer(
    to exchange: ExchangeID, durably: Bool, _ write: (AtomicWriter) throws -> Void
  ) throws {
    let folder = folder(exchange)
    // What a kill left half written.
    try? FileManager.default.removeItem(atPath: folder)
    var making = Making()
    try making.folder(folder)
    let writer = try AtomicWriter(folder + "/answer")
    try write(writer)
    try writer.commit(durably: durably)
  }

  /// Only where it changes what is remembered is an answer waited for until it is on the disk: another could be computed,
  /// but if this one is in the sum, only what was kept with it is what must be remembered.
  private func complete(_ pending: Pending, _ memory: LocalState?) throws {
    let folder = folder(pending.exchange)
    if let memory { try writeAtomically(memory.bytes, to: folder + "/memory") }
    let file = PendingFile(
      task: pending.task, question: pending.question, answer: pending.answer, size: pending.size,
      kind: pending.kind,
      changesMemory: memory != nil)
    try writeAtomically(CanonicalJSON.encode(file), to: folder + "/pending.json", durably: memory != nil)
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
        guard let file = try whole(exchange) else {
          // After a power failure: it was not waited for, and is computed again.
          try? files.removeItem(atPath: folder(exchange))
          continue
        }
        all.append(
          Pending(
            exchange: exchange, task: file.task, question: file.question, answer: file.answer,
            size: file.size, kind: file.kind))
      }
    }
    return all.sorted { ($0.exchange.run, $0.exchange.exchange) < ($1.exchange.run, $1.exchange.exchange) }
  }

  /// What is kept of an answer; nil where it is not what was written.
  private func whole(_ exchange: ExchangeID) throws -> PendingFile? {
    let bytes = try readBytes(folder(exchange) + "/pending.json")
    guard let file = try? CanonicalJSON.decode(PendingFile.self, from: bytes) else { return nil }
    if file.changesMemory { return file }
    guard let reader = try? FileReader(answerFile(exchange)), reader.size == file.size,
      try reader.contentHash == file.answer
    else { return nil }
    return file
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
      // Another name for the file, which is on the disk; it is there already when a kill came after it.
      let memory = "\(folder(exchange.run))/memory-\(exchange.exchange)"
      guard link(pending + "/memory", memory) == 0 || errno == EEXIST else {
        throw StoreError(.cannotWrite, path: memory, "cannot be written: error \(errno)")
      }
    }
    // Without a change of the memory, losing it costs no more than that the answer is settled once more.
    try writeAtomically(
      CanonicalJSON.encode(after), to: folder(exchange.run) + "/memory.json", durably: file.changesMemory)
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

  /// Where a model is received.
  func partOfModel(_ hash: ContentHash) -> String { model(hash) + ".part" }

  /// Takes over a model that was received and has the SHA-256 of its name.
  func keepModel(_ hash: ContentHash) throws {
    guard rename(partOfModel(hash), model(hash)) == 0 else {
      throw StoreError(.cannotWrite, path: model(hash), "cannot be written: error \(errno)")
    }
  }

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

  func get(_ hash: ContentHash) throws -> Data { try mapBytes(store.model(hash)) }
}
