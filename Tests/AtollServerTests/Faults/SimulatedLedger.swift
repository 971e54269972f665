import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Synchronization

@testable import AtollServer

/// The server's database: transactions are all or nothing, and on the disk when they are done.
final class Ledger: Sendable {
  fileprivate struct State {
    var checkpoint: Data?
    var records: [ExchangeRecord] = []
    var contributions: [ExchangeID: [ParticipantID: ContentHash]] = [:]
    var withdrawn: Set<ParticipantID> = []
    var secret: Data?
    var status = RunStatus.running
    /// Of a planted bug: said to be written, and not written yet.
    var deferred: ServerStore.Commit?
  }
  fileprivate let state = Mutex(State())

  var status: RunStatus { state.withLock { $0.status } }

  /// The record of an exchange, where it is committed.
  func record(_ exchange: Int) -> ExchangeRecord? {
    state.withLock { exchange < $0.records.count ? $0.records[exchange] : nil }
  }

  func contribution(of participant: ParticipantID, to exchange: ExchangeID) -> ContentHash? {
    state.withLock { $0.contributions[exchange]?[participant] }
  }

  /// Every answer that is in a sum.
  var contributions: [ExchangeID: [ParticipantID: ContentHash]] { state.withLock { $0.contributions } }

  /// What was only said to be written is lost with the process.
  func forgetDeferred() { state.withLock { $0.deferred = nil } }

  func end(_ status: RunStatus) { state.withLock { $0.status = status } }
}

/// The database as one process of the server sees it.
struct SimulatedLedger: CommitStore {
  let ledger: Ledger
  let life: Life
  let plan: FaultPlan
  let mutant: Mutant?

  private func alive() throws {
    if life.isOver { throw StoreError(.cannotWrite, path: "ledger", "the process is dead") }
  }

  func checkpoint(of run: RunID) throws -> Checkpoint? {
    try alive()
    return try ledger.state.withLock { $0.checkpoint }.map { try CanonicalJSON.decode(from: $0) }
  }

  func records(of run: RunID) throws -> [ExchangeRecord] {
    try alive()
    return ledger.state.withLock { $0.records }
  }

  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    try alive()
    return ledger.contribution(of: participant, to: exchange)
  }

  func commit(_ commit: ServerStore.Commit, to run: RunID) throws {
    try alive()
    if plan.strikes(.noSpace, "server committing") {
      if mutant == .noSpaceSwallowed { return }
      throw StoreError(.cannotWrite, path: "ledger", "cannot be written: there is no space left on the disk")
    }
    if mutant == .commitAfterAcknowledgement {
      if let earlier = ledger.state.withLock({ $0.deferred.take() }) { try apply(earlier, to: run) }
      return ledger.state.withLock { $0.deferred = commit }
    }
    guard plan.strikes(.crash, "server committing") else { return try apply(commit, to: run) }
    // A transaction that is torn is not there: what is left to chance is before or after.
    if plan.below(2) == 0 { try apply(commit, to: run) }
    life.end()
    try alive()
  }

  func keepSecret(_ bytes: Data, of run: RunID) throws {
    try alive()
    if plan.strikes(.noSpace, "server keeping a secret") {
      throw StoreError(.cannotWrite, path: "ledger", "cannot be written: there is no space left on the disk")
    }
    ledger.state.withLock { $0.secret = bytes }
    guard plan.strikes(.crash, "server keeping a secret") else { return }
    life.end()
    try alive()
  }

  func secret(of run: RunID) throws -> Data? {
    try alive()
    return ledger.state.withLock { $0.secret }
  }

  func withdraw(_ participant: ParticipantID, from run: RunID) throws {
    try alive()
    _ = ledger.state.withLock { $0.withdrawn.insert(participant) }
  }

  func withdrawals(from run: RunID) throws -> Set<ParticipantID> {
    try alive()
    return ledger.state.withLock { $0.withdrawn }
  }

  private func apply(_ commit: ServerStore.Commit, to run: RunID) throws {
    let encoded = try CanonicalJSON.encode(commit.checkpoint)
    guard let record = commit.checkpoint.record else { return }
    try ledger.state.withLock { state in
      guard record.exchange == state.records.count else {
        throw StoreError(
          .corrupt, path: "ledger", "exchange \(record.exchange) is there already, or does not follow")
      }
      state.checkpoint = encoded
      state.secret = commit.secret
      state.records.append(record)
      state.contributions[ExchangeID(run, record.exchange)] = commit.contributions
    }
  }
}

/// The run's models and the answers that are being received, on the server's disk: what `RunFolder` is.
final class SimulatedShelf: ModelShelf {
  let disk: SimulatedDisk

  init(_ disk: SimulatedDisk) { self.disk = disk }

  func put(_ bytes: Data) throws -> ContentHash {
    let hash = ContentHash(of: bytes)
    if !has(hash) { try disk.write(bytes, to: blob(hash)) }
    return hash
  }

  /// What is written is on this disk at once.
  func synchronize() {}

  func get(_ hash: ContentHash) throws -> Data {
    let bytes = try disk.read(blob(hash))
    guard ContentHash(of: bytes) == hash else {
      throw StoreError(.corrupt, path: blob(hash), "the file has changed since it was written")
    }
    return bytes
  }

  func has(_ hash: ContentHash) -> Bool { disk.exists(blob(hash)) }

  func keep(_ hashes: Set<ContentHash>) {
    for name in disk.names(in: "server/blobs") where ContentHash(name).map({ hashes.contains($0) }) != true {
      disk.remove("server/blobs/\(name)")
    }
  }

  private func blob(_ hash: ContentHash) -> String { "server/blobs/\(hash.hexadecimal)" }

  func answer(of participant: ParticipantID, exchange: Int, hash: ContentHash) -> String {
    "server/answers/\(exchange)-\(participant)-\(hash.hexadecimal.prefix(32))"
  }

  func dropAnswers(before exchange: Int) {
    for name in disk.names(in: "server/answers") {
      if let number = Int(name.prefix { $0 != "-" }), number < exchange {
        disk.remove("server/answers/\(name)")
      }
    }
  }
}
