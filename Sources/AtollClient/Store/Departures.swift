import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Synchronization

/// What left a participant, and what is about to: the book of receipts, on which the limits of a policy are counted.
///
/// An answer gets its receipt before its first byte leaves, and no other, however often it is offered: the book itself is
/// what a participant remembers of that, so that a kill at any instant neither forgets a departure nor counts it twice.
final class Departures: Sendable {
  /// Writes a receipt, on the disk when it returns.
  private let write: @Sendable (Receipt.Entry) throws -> Receipt
  private let recipient: String
  private let state: Mutex<State>

  private struct State {
    /// By the receipts.
    var spending = Spending()
    /// Answers that are kept and have no receipt yet: they may leave at any time.
    var waiting: [ExchangeID: ParticipantStore.Pending] = [:]
    /// Answers that have their receipt and may be offered again.
    var left: [ExchangeID: ContentHash] = [:]
    /// How many answers to an exchange have their receipt.
    var releases: [ExchangeID: Int] = [:]
  }

  /// Opens the book, or begins one.
  ///
  /// - Parameters:
  ///   - path: the book's file.
  ///   - recipient: to whom answers leave.
  ///   - pending: the answers that are not settled.
  /// - Throws: `StoreError`; `.corrupt` when the book is not as it was left.
  convenience init(
    _ path: String, of participant: ParticipantID, to recipient: String, pending: [ParticipantStore.Pending]
  ) throws {
    try self.init(to: recipient, pending: pending) { tell in
      let book = try ReceiptBook(path, participant: participant, each: tell)
      return { try book.add($0) }
    }
  }

  /// The same with a book of any kind.
  ///
  /// - Parameter open: tells of every receipt that is in the book, and returns what writes one.
  init(
    to recipient: String, pending: [ParticipantStore.Pending],
    open: ((Receipt) -> Void) throws -> @Sendable (Receipt.Entry) throws -> Receipt
  ) throws {
    self.recipient = recipient
    var state = State()
    let kept = Set(pending.map(\.exchange))
    for answer in pending { state.waiting[answer.exchange] = answer }
    var latest: [RunID: ExchangeID] = [:]
    write = try open { receipt in
      let entry = receipt.entry
      state.spending.add(Spending.Amount(entry), to: entry.run)
      guard let run = RunID(entry.run) else { return }
      let exchange = ExchangeID(run, entry.exchange)
      state.releases[exchange, default: 0] += 1
      // The latest of each run stays known where nothing waits: after a power failure the answer may be gone, and when it
      // is computed again it is the same departure.
      if let before = latest.updateValue(exchange, forKey: run), before != exchange, !kept.contains(before) {
        state.left[before] = nil
      }
      state.left[exchange] = entry.hash
      if state.waiting[exchange]?.answer == entry.hash { state.waiting[exchange] = nil }
    }
    self.state = Mutex(state)
  }

  /// What was given so far, with what may leave at any time.
  var spending: Spending {
    state.withLock { state in
      var spending = state.spending
      for answer in state.waiting.values {
        spending.add(Spending.Amount(entry(of: answer)), to: answer.exchange.run.name)
      }
      return spending
    }
  }

  /// An answer is kept.
  func expect(_ answer: ParticipantStore.Pending) {
    state.withLock { state in
      guard state.left[answer.exchange] != answer.answer else { return }
      state.waiting[answer.exchange] = answer
    }
  }

  /// An answer is about to leave.
  ///
  /// - Returns: its receipt, which is on the disk; nil when it has one from before.
  /// - Throws: `StoreError` with code `.cannotWrite`: then it must not leave.
  func leave(_ answer: ParticipantStore.Pending) throws -> Receipt? {
    try state.withLock { state in
      guard state.left[answer.exchange] != answer.answer else { return nil }
      let receipt = try write(entry(of: answer))
      state.spending.add(Spending.Amount(receipt.entry), to: receipt.entry.run)
      state.waiting[answer.exchange] = nil
      state.left[answer.exchange] = answer.answer
      state.releases[answer.exchange, default: 0] += 1
      return receipt
    }
  }

  /// How many answers to an exchange may have left.
  func releases(of exchange: ExchangeID) -> Int { state.withLock { $0.releases[exchange] ?? 0 } }

  /// Whether the answer has its receipt, and may have left.
  func hasLeft(_ answer: ParticipantStore.Pending) -> Bool {
    state.withLock { $0.left[answer.exchange] == answer.answer }
  }

  /// It is known for good what became of the answer: it will not be offered any more.
  func settle(_ exchange: ExchangeID) {
    state.withLock { state in
      state.waiting[exchange] = nil
      state.left[exchange] = nil
    }
  }

  private func entry(of answer: ParticipantStore.Pending) -> Receipt.Entry {
    Receipt.Entry(
      answer.what, to: recipient, run: answer.exchange.run.name, exchange: answer.exchange.exchange,
      round: answer.round, bytes: answer.size, hash: answer.answer)
  }
}

extension Spending.Amount {
  fileprivate init(_ entry: Receipt.Entry) {
    self.init(rounds: entry.round == nil ? 0 : 1, exchanges: 1, bytes: entry.bytes)
  }
}
