import AtollFederation
import AtollNumerics
import FoundationEssentials

/// The committed records of a run that goes on: `state/journal.jsonl`, canonical JSON, one a line.
///
/// In memory is only where they end, so that a run takes no more of it for every round: a record names everyone who
/// contributed.
struct Journal: Sendable {
  private let path: String
  /// Number of records.
  private(set) var count = 0
  /// SHA-256 of the last record, or of the run's header where there is none.
  private(set) var head: ContentHash
  /// The last round that was finished; 0 before the first.
  private(set) var lastRound = 0
  /// Bytes that participants sent and received in all rounds.
  private(set) var (bytesUp, bytesDown) = (0, 0)

  /// A journal without records.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - header: SHA-256 of the run's header.
  init(_ path: String, header: ContentHash) {
    self.path = path
    head = header
  }

  /// The journal that is in the file, up to the checkpoint. A line that a kill cut off, or kept from being written, is
  /// made good.
  ///
  /// - Parameter last: the checkpoint's record.
  /// - Throws: ``StoreError``: `.corrupt` when it does not lead there.
  init(mending path: String, header: ContentHash, upTo last: ExchangeRecord?) throws {
    self.init(path, header: header)
    let mended = try AtomicWriter(path)
    var newest: ExchangeRecord?
    func take(_ record: ExchangeRecord) throws {
      guard record.exchange == count, record.previous == head else { throw contradiction }
      let line = try record.canonicalJSON
      try mended.write(line + [UInt8(ascii: "\n")])
      note(record, hash: ContentHash(of: line))
      newest = record
    }
    if FileManager.default.fileExists(atPath: path) {
      try AtollStore.forEachLine(of: path) { line in
        guard let record = try? CanonicalJSON.decode(ExchangeRecord.self, from: line) else { return .end }
        try take(record)
        return .on
      }
    }
    if let last, newest != last { try take(last) }
    guard newest == last else { throw contradiction }
    try mended.commit(durably: false)
  }

  private var contradiction: StoreError {
    StoreError(.corrupt, path: path, "the journal does not lead up to the checkpoint")
  }

  /// Adds a record, which follows from the last one.
  ///
  /// - Throws: ``StoreError`` when it cannot be written.
  mutating func append(_ record: ExchangeRecord) throws {
    let line = try record.canonicalJSON
    try AtollStore.append(Data(line), to: path)
    note(record, hash: ContentHash(of: line))
  }

  private mutating func note(_ record: ExchangeRecord, hash: ContentHash) {
    count += 1
    head = hash
    guard let round = record.round else { return }
    lastRound = round.round
    bytesUp += round.bytesUp
    bytesDown += round.bytesDown
  }

  /// Calls `body` with each record's line, canonical JSON, in order.
  ///
  /// - Throws: ``StoreError``: `.corrupt` when records are missing; what `body` throws.
  func forEachLine(_ body: (Data) throws -> Void) throws {
    guard count > 0 else { return }
    var seen = 0
    try AtollStore.forEachLine(of: path) { line in
      // Beyond the last one may lie a line that is just being written.
      guard seen < count else { return .end }
      seen += 1
      try body(line)
      return .on
    }
    guard seen == count else { throw StoreError(.corrupt, path: path, "records are missing at its end") }
  }

  /// Calls `body` with each record in order.
  ///
  /// - Throws: ``StoreError``: `.corrupt` when the file is not what was written; what `body` throws.
  func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws {
    try forEachLine { try body(decode($0)) }
  }

  /// Calls `body` with the report of each round in order. Names of contributors are not made.
  ///
  /// - Throws: as ``forEachRecord(_:)``.
  func forEachRound(_ body: (RoundReport) throws -> Void) throws {
    struct Told: Decodable { let round: RoundReport? }
    try forEachLine { line in
      let told: Told = try decode(line)
      if let round = told.round { try body(round) }
    }
  }

  private func decode<Value: Decodable>(_ line: Data) throws -> Value {
    do {
      return try CanonicalJSON.decode(from: line)
    } catch {
      throw StoreError(.corrupt, path: path, "the file has changed since it was written")
    }
  }
}
