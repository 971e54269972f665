import AtollFederation
import AtollLearning
import AtollWire
import FoundationEssentials
import Synchronization

/// What happens at the server while it runs: who came and went, what each run waits for, how long exchanges take.
///
/// It is told by those who do it, decides nothing, and is lost with the process: what must last is in the store.
final class ServerActivity: Sendable {
  /// When a participant was last connected, and with what.
  struct Presence: Hashable, Sendable {
    /// Seconds since 1970.
    var seen: Int
    var software: String
    var isConnected: Bool
  }

  /// Counts since the server was started.
  struct Counts: Sendable {
    var rounds = 0
    var bytesUp = 0
    var bytesDown = 0
    var exchanges = Histogram.exchanges
  }

  /// So many events are kept.
  static let limit = 500

  private struct State {
    var presence: [ParticipantID: Presence] = [:]
    /// Whose presence has changed since it was last asked for.
    var changed: Set<ParticipantID> = []
    var waiting: [RunID: Waiting] = [:]
    var sites: [RunID: [ParticipantID: Evaluation]] = [:]
    var open: [RunID: (exchange: Int, since: ContinuousClock.Instant)] = [:]
    var counts = Counts()
    var events: [ServerEvent] = []
    var number = 0
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextWatcher = 0
    var version = 0
  }

  private let state = Mutex(State())

  // MARK: What happens

  func joined(_ participant: ParticipantID, software: String) {
    // It comes from outside, and is shown.
    let software = String(software.prefix(64))
    state.withLock { state in
      state.presence[participant] = Presence(seen: ServerStore.now, software: software, isConnected: true)
      state.changed.insert(participant)
    }
    note(.joined(software: software), of: participant)
  }

  /// - Parameter isConnected: whether it has another connection, which took the place of the one that ended.
  func left(_ participant: ParticipantID, isConnected: Bool) {
    guard !isConnected else { return }
    state.withLock { state in
      state.presence[participant]?.seen = ServerStore.now
      state.presence[participant]?.isConnected = false
      state.changed.insert(participant)
    }
    note(.left, of: participant)
  }

  func refused(_ participant: ParticipantID, _ code: RefusalCode, in run: RunID) {
    note(.refused(reason: code.rawValue), of: participant, in: run)
  }

  /// A run waits for something now; nil when it is over.
  ///
  /// - Parameter evaluation: the last; its figures by participant are told while the run goes on, and kept with its end.
  func shows(_ run: RunID, _ waiting: Waiting?, _ evaluation: FederatedEvaluation? = nil) {
    let now = ContinuousClock.now
    let isNews = state.withLock { state in
      let before = state.waiting[run]
      state.waiting[run] = waiting
      state.sites[run] = waiting == nil ? nil : evaluation?.sites ?? state.sites[run]
      if let open = state.open[run], open.exchange != waiting?.exchange {
        state.counts.exchanges.add((now - open.since) / .seconds(1))
        state.open[run] = nil
      }
      if let exchange = waiting?.exchange, state.open[run] == nil { state.open[run] = (exchange, now) }
      // Only for those who must join before anyone is asked: with answers it would be an event for each.
      guard let waiting, waiting.answers == nil, !waiting.awaited.isEmpty else { return false }
      return waiting.awaited != before?.awaited
    }
    if isNews, let waiting { note(.waiting(for: waiting.awaited), in: run) } else { change() }
  }

  /// A run is over.
  func over(_ run: RunID) { shows(run, nil) }

  func committed(_ round: ServerEvent.Round, in run: RunID) {
    state.withLock { state in
      state.counts.rounds += 1
      state.counts.bytesUp += round.bytesUp
      state.counts.bytesDown += round.bytesDown
    }
    note(.round(round), in: run)
  }

  func ended(_ run: RunID, _ status: RunStatus, reason: String) {
    note(.ended(status, reason: reason), in: run)
  }

  private func note(_ what: ServerEvent.What, of participant: ParticipantID? = nil, in run: RunID? = nil) {
    state.withLock { state in
      state.number += 1
      state.events.append(
        ServerEvent(
          number: state.number, time: ServerStore.now, what: what, run: run, participant: participant))
      if state.events.count > Self.limit { state.events.removeFirst(state.events.count - Self.limit) }
    }
    change()
  }

  // MARK: What is seen

  var presence: [ParticipantID: Presence] { state.withLock { $0.presence } }
  /// How many changes there were.
  var version: Int { state.withLock { $0.version } }
  var counts: Counts { state.withLock { $0.counts } }
  var events: [ServerEvent] { state.withLock { $0.events } }

  /// Events after a number, as far as they are kept.
  func events(after number: Int) -> [ServerEvent] {
    state.withLock { state in Array(state.events.suffix(min(state.events.count, state.number - number))) }
  }

  func waiting(of run: RunID) -> Waiting? { state.withLock { $0.waiting[run] } }
  /// Figures of each participant of a run that goes on, from its last evaluation since the server was started.
  func sites(of run: RunID) -> [ParticipantID: Evaluation] { state.withLock { $0.sites[run] ?? [:] } }

  /// Those whose presence has changed since this was last asked.
  func changedPresence() -> [ParticipantID: Presence] {
    state.withLock { state in
      defer { state.changed = [] }
      return state.presence.filter { state.changed.contains($0.key) }
    }
  }

  /// What was known before this start; what has been seen since counts more.
  func remember(_ known: [ParticipantID: Presence]) {
    state.withLock { $0.presence.merge(known) { now, _ in now } }
  }

  /// Ticks when something has changed; several changes may be one tick.
  func changes() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = continuation
      return state.nextWatcher
    }
    continuation.onTermination = { [self] _ in state.withLock { $0.watchers[number] = nil } }
    return stream
  }

  private func change() {
    let watchers = state.withLock { state in
      state.version += 1
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.yield() }
  }
}
