/// What is on record of a run, finished or not: all that its report is made of.
///
/// A run's folder holds it in three files: `task.yaml`, `events.jsonl` with a ``RunEvent`` a line, and
/// `manifest.json`. While a run goes on, or after it failed, `state/` has the header and the records of the manifest.
public struct RunRecord: Sendable {
  /// The task as resolved.
  public var task: FederatedTask
  /// What the run is of.
  public var header: RunHeader
  /// Every exchange that was committed.
  public var exchanges: [ExchangeRecord]
  /// Every round that was told; evaluations have no figures by participant.
  public var rounds: [Round]
  /// How it ended, where it did.
  public var ending: Ending

  /// A round and how long it took.
  public struct Round: Sendable {
    /// What was told of it.
    public var report: RoundReport
    /// How long it took.
    public var seconds: Double

    public init(_ report: RoundReport, seconds: Double) {
      self.report = report
      self.seconds = seconds
    }
  }

  /// How a run ended.
  public enum Ending: Sendable {
    /// It came to its end.
    case finished(RunEvent.Finished)
    /// It cannot go on.
    case failed(RunEvent.Failed)
    /// It goes on, or was interrupted.
    case none
  }

  public init(
    task: FederatedTask, header: RunHeader, exchanges: [ExchangeRecord], rounds: [Round], ending: Ending
  ) {
    self.task = task
    self.header = header
    self.exchanges = exchanges
    self.rounds = rounds
    self.ending = ending
  }

  /// From the events as they were told.
  public init(
    task: FederatedTask, header: RunHeader, exchanges: [ExchangeRecord], events: some Sequence<RunEvent>
  ) {
    self.init(task: task, header: header, exchanges: exchanges, rounds: [], ending: .none)
    for event in events {
      switch event {
      case .round(let report, let seconds): rounds.append(Round(report, seconds: seconds))
      case .finished(let end): ending = .finished(end)
      case .failed(let end): ending = .failed(end)
      case .note: break
      }
    }
  }

  /// What came of it; nil where nothing did yet.
  public var finished: RunEvent.Finished? {
    if case .finished(let end) = ending { end } else { nil }
  }
}
