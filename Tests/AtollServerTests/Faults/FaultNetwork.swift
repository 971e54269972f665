import AtollFederation
import AtollWire

/// What happens later.
enum Happening {
  case connect(ParticipantID)
  case startParticipant(ParticipantID)
  case startServer
  case toServer(connection: Int, FromParticipant)
  case toParticipant(connection: Int, FromServer)
  case serverHearsClose(connection: Int)
  case participantHearsClose(connection: Int)
  case computed(ParticipantID, life: Life, TaskMessage, QuestionMessage)
  case serverTimer(life: Life)
  case heal(ParticipantID)
}

/// Connections and their messages in virtual time. Within a connection order is kept in each direction, as TCP keeps it,
/// but where a fault says otherwise; a connection that breaks is noticed by each end in its own time.
struct FaultNetwork {
  struct Connection {
    let participant: ParticipantID
    var isOpenAtServer = true
    var isOpenAtParticipant = true
    var hasSaidHello = false
    /// Nothing arrives any more in that direction.
    var isLost: [Bool] = [false, false]
    var lastArrival = [0, 0]
  }

  enum Direction: Int { case up, down }

  private(set) var connections: [Connection] = []
  private(set) var cutOff: Set<ParticipantID> = []
  private var queue: [(time: Int, order: Int, happening: Happening)] = []
  private var order = 0
  private let plan: FaultPlan

  init(_ plan: FaultPlan) { self.plan = plan }

  // MARK: Time

  mutating func schedule(_ happening: Happening, in delay: Int) {
    order += 1
    queue.append((plan.time + max(0, delay), order, happening))
  }

  /// The next thing that happens; time goes on to it.
  mutating func next() -> Happening? {
    guard
      let index = queue.indices.min(by: {
        (queue[$0].time, queue[$0].order) < (queue[$1].time, queue[$1].order)
      })
    else { return nil }
    let next = queue[index]
    queue.swapAt(index, queue.count - 1)
    queue.removeLast()
    plan.time = max(plan.time, next.time)
    return next.happening
  }

  // MARK: Connections

  subscript(_ connection: Int) -> Connection {
    get { connections[connection] }
    set { connections[connection] = newValue }
  }

  /// - Returns: nil when the participant is cut off.
  mutating func connect(_ participant: ParticipantID) -> Int? {
    guard !cutOff.contains(participant) else { return nil }
    connections.append(Connection(participant: participant))
    return connections.count - 1
  }

  /// The connection ends: nothing arrives any more.
  mutating func breakOff(_ connection: Int, silently: Bool = false) {
    connections[connection].isLost = [true, true]
    letBothHear(connection, silently: silently)
  }

  /// The server dies: all of its connections end, also those in which nobody has said a word.
  mutating func breakOffAllAtServer() {
    for index in connections.indices where connections[index].isOpenAtServer {
      connections[index].isOpenAtServer = false
      breakOff(index)
    }
  }

  /// Each end hears that the connection is broken, soon, or only after the silence that it puts up with.
  private mutating func letBothHear(_ connection: Int, silently: Bool) {
    schedule(.serverHearsClose(connection: connection), in: silently ? silence : 1 + plan.below(200))
    schedule(.participantHearsClose(connection: connection), in: silently ? silence : 1 + plan.below(200))
  }

  private var silence: Int { 1000 + plan.below(44_000) }

  /// Cuts a participant off for a while.
  mutating func partition(_ participant: ParticipantID) {
    guard cutOff.insert(participant).inserted else { return }
    for index in connections.indices where connections[index].participant == participant {
      guard connections[index].isOpenAtServer || connections[index].isOpenAtParticipant else { continue }
      breakOff(index, silently: plan.below(2) == 0)
    }
    schedule(.heal(participant), in: 500 + plan.below(60_000))
  }

  mutating func heal(_ participant: ParticipantID) { cutOff.remove(participant) }

  // MARK: Messages

  mutating func send(_ connection: Int, _ direction: Direction, _ name: StaticString, _ happening: Happening)
  {
    let way = direction.rawValue
    guard !connections[connection].isLost[way] else { return }
    let participant = connections[connection].participant
    func strikes(_ kind: FaultPlan.Kind) -> Bool {
      plan.strikes(kind, "\(participant) \(direction == .up ? "->" : "<-") \(name)")
    }
    if strikes(.drop) {
      connections[connection].isLost[way] = true
      return letBothHear(connection, silently: true)
    }
    var delay = 1 + plan.below(40)
    if strikes(.delay) { delay += plan.below(90_000) }
    if strikes(.reorder) {
      return schedule(happening, in: delay + plan.below(3000))
    }
    let arrival = max(connections[connection].lastArrival[way], plan.time + delay)
    connections[connection].lastArrival[way] = arrival
    schedule(happening, in: arrival - plan.time)
    if strikes(.duplicate) { schedule(happening, in: arrival - plan.time + plan.below(10_000)) }
  }
}
