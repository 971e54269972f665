package import AtollNumerics

/// A worker that can add its answers to the sums of an exchange itself.
///
/// An answer by itself is an array in a dictionary in a reply. Where participants have a handful of rows, making those
/// takes longer than training.
package protocol SummingWorker: Worker {
  /// What adds answers to a question; nil where an answer is more than its sums, or is made by others.
  func summation(of question: Question, for asker: Asker) -> (any Summation)?
}

/// Adds the answers of participant after participant, on one thread.
///
/// The sum is the one that ``Worker/answerer(of:on:)`` and ``UpdateProtection/add(_:as:of:to:)`` give. Nobody remembers
/// anything.
package protocol Summation: AnyObject {
  /// Adds what a participant answers.
  ///
  /// - Parameters:
  ///   - participant: who answers.
  ///   - data: its rows.
  ///   - next: the one after it, where that is known, and its rows: they may be on their way from memory meanwhile.
  ///   - sum: of the exchange; spoilt when the answer is refused.
  /// - Throws: as a worker and a protection do.
  func add(
    _ participant: ParticipantID, _ data: LocalData, before next: (ParticipantID, LocalData)?,
    to sum: inout ExactSum
  ) throws
}

/// What is the same for all answers that one thread adds up in an exchange.
package struct Asker {
  /// The exchange that takes the answers; its question may be a later one than the one that is answered.
  package let exchange: Exchange
  /// The sums of the exchange.
  package let sums: [SumSpec]
  /// The run's seed, for public coins.
  package let seed: UInt64
  /// The thread's.
  package let workbench: Workbench
  /// Whether the run is being stopped.
  package let isCancelled: @Sendable () -> Bool
  /// Fixes secret coins: for tests only, it protects nothing.
  package let insecureSeed: UInt64?

  package init(
    _ exchange: Exchange, sums: [SumSpec], seed: UInt64, workbench: Workbench, insecureSeed: UInt64? = nil,
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.exchange = exchange
    self.sums = sums
    self.seed = seed
    self.workbench = workbench
    self.isCancelled = isCancelled
    self.insecureSeed = insecureSeed
  }
}

extension WorkerRegistry {
  /// What adds answers to a question; nil where each has to be given by itself.
  package func summation(of query: any Query, for asker: Asker) -> (any Summation)? {
    guard let worker = self[type(of: query).kind] as? any SummingWorker else { return nil }
    func bind<W: SummingWorker>(_ worker: W) -> (any Summation)? {
      (query as? W.Question).flatMap { worker.summation(of: $0, for: asker) }
    }
    return bind(worker)
  }
}
