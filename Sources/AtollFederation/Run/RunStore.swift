public import AtollNumerics
public import FoundationEssentials
import Synchronization

/// Where a run is kept while it goes on.
///
/// A commit is all or nothing: after a crash the store gives the last committed checkpoint and exactly the records up
/// to it.
public protocol RunStore: BlobStore {
  /// The last committed checkpoint; nil for a new run.
  func checkpoint() throws -> Checkpoint?

  /// Calls `body` with each committed record in order. A store may hold them one at a time.
  ///
  /// - Throws: what reading them back throws, and what `body` throws.
  func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws

  /// Keeps, until the next commit, what must not be told: whom secret coins fell on. It outlives a crash, and takes the place of
  /// what was kept before.
  func keepSecret(_ bytes: Data) throws

  /// What was kept with the last commit, or since; nil where nothing was.
  func secret() throws -> Data?

  /// Makes this the last committed checkpoint. Blobs that it does not name may be forgotten.
  ///
  /// - Parameters:
  ///   - checkpoint: what is true now.
  ///   - blobs: what it names.
  ///   - secret: what must not be told and belongs to this commit: the memory of noise. It takes effect with the commit or not at
  ///     all, and is on the disk when this returns. What was kept before is erased; nil keeps nothing.
  func commit(_ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data?) throws
}

extension RunStore {
  /// The committed records in order, all at once: of a long run with large cohorts, much memory.
  ///
  /// - Throws: as ``forEachRecord(_:)``.
  public func records() throws -> [ExchangeRecord] {
    var records: [ExchangeRecord] = []
    try forEachRecord { records.append($0) }
    return records
  }
}

/// Keeps a run in memory: for tests, and where nothing must outlive the process.
public final class MemoryRunStore: RunStore {
  private struct Contents {
    var blobs: [ContentHash: Data] = [:]
    var checkpoint: Checkpoint?
    var records: [ExchangeRecord] = []
    var secret: Data?
  }
  private let contents = Mutex(Contents())
  private let keepsRecords: Bool

  /// - Parameter keepsRecords: whether all records are kept, which grows with the rounds and their cohorts.
  public init(keepsRecords: Bool = true) { self.keepsRecords = keepsRecords }

  public func put(_ bytes: Data) -> ContentHash {
    let hash = ContentHash(of: bytes)
    contents.withLock { $0.blobs[hash] = bytes }
    return hash
  }

  public func get(_ hash: ContentHash) throws -> Data {
    guard let bytes = contents.withLock({ $0.blobs[hash] }) else {
      throw RunFailure(.resume, "nothing is kept under \(hash)")
    }
    return bytes
  }

  public func checkpoint() -> Checkpoint? { contents.withLock { $0.checkpoint } }

  /// The committed records in order, where they are kept.
  public func records() -> [ExchangeRecord] { contents.withLock { $0.records } }

  public func forEachRecord(_ body: (ExchangeRecord) throws -> Void) rethrows { try records().forEach(body) }

  public func keepSecret(_ bytes: Data) { contents.withLock { $0.secret = bytes } }

  public func secret() -> Data? { contents.withLock { $0.secret } }

  public func commit(_ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data? = nil) {
    contents.withLock {
      $0.checkpoint = checkpoint
      $0.secret = secret
      if keepsRecords, let record = checkpoint.record { $0.records.append(record) }
      $0.blobs = $0.blobs.filter { blobs.contains($0.key) }
    }
  }
}
