import AtollFederation
import AtollNumerics
import AtollWire
import FoundationEssentials
import Synchronization

/// Who is connected, and which runs go on: what is said to a participant goes to its connection, what a participant says
/// goes to the run that it is about.
final class Hub: Sendable {
  private struct State {
    var connections: [ParticipantID: Connection] = [:]
    var hosts: [RunID: RunHost] = [:]
    var gate = TransferGate()
    var watchers: [RunID: [Int: AsyncStream<Void>.Continuation]] = [:]
    var nextWatcher = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  /// What is seen of all this from outside.
  let activity = ServerActivity()

  // MARK: Connections

  /// Takes a participant in, once it has said what it holds. An older connection of the same name ends.
  func arrived(_ connection: Connection, holding pending: [Hello.Pending]) {
    let participant = connection.participant
    let older = state.withLock { state in
      let older = state.connections.updateValue(connection, forKey: participant)
      // Under the lock, so that a run hears of arrivals and leavings in their order.
      for host in state.hosts.values where host.participants.contains(participant) {
        for answer in pending where answer.exchange.run == host.run { host.holds(participant, answer) }
        host.arrived(participant)
      }
      return older
    }
    older?.end(reason: "\(participant) has joined from another place", comeAgain: false)
    resume(state.withLock { $0.gate.release(at: .now) { $0.participant == participant } })
  }

  func left(_ connection: Connection) {
    let participant = connection.participant
    let freed = state.withLock { state -> [TransferGate.Transfer] in
      guard state.connections[participant] === connection else { return [] }
      state.connections[participant] = nil
      for host in state.hosts.values where host.participants.contains(participant) { host.left(participant) }
      return state.gate.release(at: .now) { $0.participant == participant }
    }
    activity.left(participant, isConnected: self.connection(of: participant) != nil)
    resume(freed)
  }

  func say(_ message: FromServer, to participant: ParticipantID) {
    connection(of: participant)?.say(message)
  }

  func connection(of participant: ParticipantID) -> Connection? {
    state.withLock { $0.connections[participant] }
  }

  /// Who is connected, in ascending order.
  var present: [ParticipantID] { state.withLock { $0.connections.keys.sorted() } }

  // MARK: Runs

  /// Whether the server is stopping.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Runs that go on, in ascending order.
  var runs: [RunID] { state.withLock { $0.hosts.keys.sorted { $0.name < $1.name } } }

  func host(of run: RunID) -> RunHost? { state.withLock { $0.hosts[run] } }

  /// The run of that participant in which a model is named by its hash.
  func folder(with blob: ContentHash, for participant: ParticipantID) -> RunFolder? {
    state.withLock { state in
      state.hosts.values.first { $0.participants.contains(participant) && $0.folder.has(blob) }?.folder
    }
  }

  /// Takes a run in.
  ///
  /// - Returns: false when the server is closing.
  func began(_ host: RunHost) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      state.hosts[host.run] = host
      for participant in state.connections.keys where host.participants.contains(participant) {
        host.arrived(participant)
      }
      return true
    }
  }

  /// A run is over: everyone in it is told.
  func over(_ host: RunHost, _ ended: RunEnded) {
    let (connections, freed) = state.withLock { state in
      state.hosts[host.run] = nil
      let freed = state.gate.release(at: .now) {
        if case .answer(let exchange) = $0.content { exchange.run == host.run } else { false }
      }
      return (state.connections.values.filter { host.participants.contains($0.participant) }, freed)
    }
    for connection in connections { connection.outbox.send(.runEnded(ended)) }
    resume(freed)
    activity.over(host.run)
    told(host.run)
  }

  // MARK: Transfers

  /// Receives an answer as soon as there is a place.
  func receive(_ offer: Offer, of participant: ParticipantID, for host: RunHost) {
    guard let connection = connection(of: participant) else { return }
    connection.expect(offer, from: host)
    ask(.answer(offer.exchange), size: offer.size, of: participant)
  }

  /// Asks for a place for what goes to a participant or comes from it.
  func ask(_ content: TransferGate.Transfer.Content, size: Int, of participant: ParticipantID) {
    let transfer = TransferGate.Transfer(participant: participant, content: content)
    resume(state.withLock { $0.gate.ask(transfer, size: size, at: .now) })
  }

  /// It has arrived, or does not go on.
  func ended(_ content: TransferGate.Transfer.Content, of participant: ParticipantID) {
    let transfer = TransferGate.Transfer(participant: participant, content: content)
    resume(state.withLock { $0.gate.release(at: .now) { $0 == transfer } })
  }

  /// How long answers have been on their way since the server was started: the time of several at once counts once.
  var receiving: Duration { state.withLock { $0.gate.receiving } }

  /// Those may begin who waited for a slow one long enough.
  func timePassed() { resume(state.withLock { $0.gate.admit(at: .now) }) }

  private func resume(_ transfers: [TransferGate.Transfer]) {
    for transfer in transfers { connection(of: transfer.participant)?.begin(transfer.content) }
  }

  // MARK: Watching

  /// There are events of a run.
  func told(_ run: RunID) {
    for watcher in state.withLock({ $0.watchers[run]?.values }) ?? [:].values { watcher.yield() }
  }

  /// Ticks when there are events of a run.
  func watch(_ run: RunID) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.nextWatcher += 1
      state.watchers[run, default: [:]][state.nextWatcher] = continuation
      if state.isClosed { continuation.finish() }
      return state.nextWatcher
    }
    continuation.onTermination = { [self] _ in state.withLock { $0.watchers[run]?[number] = nil } }
    return stream
  }

  /// Everyone who is connected leaves, and comes again.
  func sendAway(reason: String) {
    for connection in state.withLock({ Array($0.connections.values) }) {
      connection.end(reason: reason, comeAgain: true)
    }
  }

  /// Sends everyone away and stops the runs, which go on at the next start.
  func close(reason: String) {
    let (connections, hosts, watchers) = state.withLock { state in
      state.isClosed = true
      defer { state.watchers = [:] }
      return (
        Array(state.connections.values), Array(state.hosts.values), state.watchers.values.flatMap(\.values)
      )
    }
    for host in hosts { host.stop() }
    for connection in connections { connection.end(reason: reason, comeAgain: true) }
    for watcher in watchers { watcher.finish() }
  }
}
