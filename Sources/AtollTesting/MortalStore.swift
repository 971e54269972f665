public import AtollFederation
public import AtollNumerics
public import FoundationEssentials
import Synchronization

/// A run store whose process dies at a commit: just before it takes effect, or just after.
public final class MortalStore: RunStore {
  /// The process would have died here.
  public struct Killed: Error {}

  /// When the process dies.
  public enum Moment: Sendable {
    /// Before the commit takes effect, or after.
    case before, after
  }

  private let store: any RunStore
  private let moment: Moment
  private let fatalCommit: Int
  private let commits = Mutex(0)

  /// Dies at the commit of that number, from 0.
  public init(_ store: any RunStore, killed moment: Moment, commit: Int) {
    self.store = store
    self.moment = moment
    fatalCommit = commit
  }

  public func put(_ bytes: Data) throws -> ContentHash { try store.put(bytes) }
  public func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }
  public func checkpoint() throws -> Checkpoint? { try store.checkpoint() }
  public func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws { try store.forEachRecord(body) }

  public func keepSecret(_ bytes: Data) throws { try store.keepSecret(bytes) }
  public func secret() throws -> Data? { try store.secret() }

  public func commit(
    _ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data?
  ) throws {
    let number = commits.withLock { count in
      defer { count += 1 }
      return count
    }
    if number == fatalCommit && moment == .before { throw Killed() }
    try store.commit(checkpoint, keeping: blobs, secret: secret)
    if number == fatalCommit { throw Killed() }
  }
}
