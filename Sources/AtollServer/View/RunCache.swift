import AtollFederation
import AtollLearning
import AtollStore
import AtollWire
import FoundationEssentials

/// What was read of runs already: a run of ten thousand rounds is not read anew for each look at it.
struct RunCache {
  private struct Story {
    var rounds: [RunRecord.Round] = []
    var ending = RunRecord.Ending.none
    /// The number of the next event.
    var next = 0
    /// When it was last asked for.
    var used = 0
  }

  /// What is told last: the round, and how good its model is.
  struct Last {
    var round = 0
    var evaluation: Evaluation?
  }

  private var tasks: [RunID: FederatedTask] = [:]
  private var endings: [RunID: Last] = [:]
  private var stories: [RunID: Story] = [:]
  private var clock = 0

  /// So many runs are kept with all their rounds, and so many with their tasks.
  private static let storyLimit = 16
  private static let taskLimit = 2 * ServerView.runLimit

  mutating func task(of run: StoredRun) throws -> FederatedTask {
    if let task = tasks[run.id] { return task }
    let task = try FederatedTask(yaml: run.task)
    if tasks.count >= Self.taskLimit { tasks = [:] }
    tasks[run.id] = task
    return task
  }

  /// How far a run is; while it goes on, as far as its last events tell.
  mutating func last(of run: StoredRun, _ store: ServerStore) throws -> Last {
    if let last = endings[run.id] { return last }
    if !run.status.isOver {
      let rounds = try story(of: run, store).rounds
      return Last(
        round: rounds.last?.report.round ?? 0,
        evaluation: rounds.last { $0.report.evaluation != nil }?.report.evaluation?.pooled)
    }
    var last = Last()
    if let json = try store.lastEvent(of: run.id) {
      switch try CanonicalJSON.decode(RunEvent.self, from: json) {
      case .finished(let end): last = Last(round: end.rounds, evaluation: end.evaluation?.pooled)
      case .failed(let end): last.round = end.rounds
      case .round, .note: break
      }
    }
    if endings.count >= Self.taskLimit { endings = [:] }
    endings[run.id] = last
    return last
  }

  /// Every round that a run told, and how it ended.
  mutating func story(of run: StoredRun, _ store: ServerStore) throws -> (
    rounds: [RunRecord.Round], ending: RunRecord.Ending
  ) {
    clock += 1
    var story = stories[run.id] ?? Story()
    story.used = clock
    let events = try store.events(of: run.id, from: story.next)
    story.next += events.count
    for json in events {
      switch try CanonicalJSON.decode(RunEvent.self, from: json) {
      case .round(let report, let seconds):
        story.rounds.append(RunRecord.Round(report, seconds: seconds))
      case .finished(let end): story.ending = .finished(end)
      case .failed(let end): story.ending = .failed(end)
      case .note: break
      }
    }
    stories[run.id] = story
    if stories.count > Self.storyLimit, let oldest = stories.min(by: { $0.value.used < $1.value.used })?.key {
      stories[oldest] = nil
    }
    return (story.rounds, story.ending)
  }
}
