import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

extension StoreError {
  /// Whether it may go well later: a full disk, or one that somebody else is using.
  var mayPass: Bool { code == .cannotWrite || code == .busy }
}

/// What a run's engine needs of a store: the server's, or one in memory that fails as a test says.
protocol CommitStore: Sendable {
  /// The last committed checkpoint; nil before the first commit.
  func checkpoint(of run: RunID) throws -> Checkpoint?

  /// The committed records of a run, in order.
  func records(of run: RunID) throws -> [ExchangeRecord]

  /// SHA-256 of a participant's answer that is in the sum of an exchange; nil where none is.
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash?

  /// Commits an exchange, all of it or nothing, on the disk when this returns.
  ///
  /// - Throws: `StoreError`: `.cannotWrite` and `.busy` when it may succeed later.
  func commit(_ commit: ServerStore.Commit, to run: RunID) throws

  /// Keeps, until the next commit, what must not be told: whom secret coins fell on. On the disk when this returns.
  ///
  /// - Throws: as ``commit(_:to:)``.
  func keepSecret(_ bytes: Data, of run: RunID) throws

  /// What was kept with the last commit, or since; nil where nothing was.
  func secret(of run: RunID) throws -> Data?

  /// A participant takes part in a run no more; what it gave before stays in the sums.
  ///
  /// - Throws: as ``commit(_:to:)``.
  func withdraw(_ participant: ParticipantID, from run: RunID) throws

  /// Those who have withdrawn from a run.
  func withdrawals(from run: RunID) throws -> Set<ParticipantID>
}

extension ServerStore: CommitStore {}

/// Where a run's models are while it goes on.
protocol ModelShelf: BlobStore {
  /// Waits until every model that is kept is on the disk: a commit may name it then.
  ///
  /// - Throws: `StoreError`: `.cannotWrite` when it may succeed later.
  func synchronize() throws

  /// Forgets all other models.
  func keep(_ hashes: Set<ContentHash>)
}

extension RunFolder: ModelShelf {}
