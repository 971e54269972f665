import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation

@testable import AtollClient
@testable import AtollServer

/// One run of a federation in virtual time, whose every event, delay and fault follows from a seed: the server's engine
/// and the participants' sessions and stores, as they are in the product, on disks and a network that fail.
final class FaultWorld {
  /// What kind of run a seed gives.
  struct Scenario {
    var rounds: Int
    var participants: Int
    var quorum: Double
    /// In milliseconds.
    var deadline: Int
    /// Of the population that is asked.
    var fraction: Double
    /// Whether nobody may be left out: then the run has to finish, whatever fails meanwhile.
    var isStrict: Bool

    init(seed: UInt64) {
      let coins = mixed(seed ^ 0xA7011)
      isStrict = coins % 2 == 0
      rounds = 3 + Int(coins >> 8 % 4)
      participants = 2 + Int(coins >> 16 % 3)
      fraction = (coins >> 24) % 4 == 0 ? 0.67 : 1
      quorum = isStrict ? 1 : 0.5
      deadline = isStrict ? 6 * 3_600_000 : 60_000
    }

    var kinds: Set<FaultPlan.Kind> {
      isStrict ? Set(FaultPlan.Kind.allCases).subtracting([.decline, .slow]) : Set(FaultPlan.Kind.allCases)
    }
  }

  static let run: RunID = {
    guard let run = RunID("ladder-1") else { preconditionFailure("a lawful name") }
    return run
  }()
  static let task: FederatedTask = {
    do {
      return try FederatedTask(
        yaml: "task: classification\ndata: {participants: [a.csv], label: y}\nmodel: logistic\n")
    } catch {
      preconditionFailure("the task is lawful: \(error)")
    }
  }()

  let scenario: Scenario
  let plan: FaultPlan
  let mutant: Mutant?
  let oracle: Oracle
  let names: [ParticipantID]
  var network: FaultNetwork
  var parties: [ParticipantID: FaultParty] = [:]

  // The server; its adapter is in an extension.
  let ledger = Ledger()
  let platter = Platter()
  let stored: StoredRun
  let program: Ladder
  var life = Life()
  var engine: RunEngine<Ladder>?
  var folder: SimulatedShelf?
  var disk: SimulatedDisk?
  var current: [ParticipantID: Int] = [:]
  var uploads: [ParticipantID: Offer] = [:]
  var known: Set<ParticipantID> = []
  var began = (time: 0, wall: 0, start: Instant.start)
  var timer: Instant?
  /// How far the clock that can be set is from the one that cannot.
  var wallOffset = 0
  var failure: RunFailure?
  var refusals: [RefusalCode: Int] = [:]

  init(seed: UInt64, mutant: Mutant? = nil, suppressed: Set<Int> = []) throws {
    let scenario = Scenario(seed: seed)
    self.scenario = scenario
    self.mutant = mutant
    plan = FaultPlan(seed: seed, kinds: scenario.kinds, suppressed: suppressed)
    network = FaultNetwork(plan)
    names = Array((["ash", "birk", "corvo", "dalen"] as [ParticipantID]).prefix(scenario.participants))
    program = Ladder(
      rounds: scenario.rounds, quorum: scenario.quorum, deadline: scenario.deadline,
      fraction: scenario.fraction)
    let runSeed = Self.task.federation.seed
    oracle = Oracle(program, population: Roster(names), seed: runSeed)
    let header = RunHeader(
      atoll: "test", task: Self.task.contentHash, seed: runSeed, data: [:], participants: names)
    stored = StoredRun(
      id: Self.run, task: Self.task.yaml, header: header, status: .running, reason: "",
      submittedBy: "operator", submitted: 0,
      submission: TaskSignature(source: Self.task.yaml, signature: Data(), signer: Data()))
    for name in names {
      parties[name] = FaultParty(name)
      network.schedule(.startParticipant(name), in: plan.below(3000))
    }
    network.schedule(.startServer, in: plan.below(500))
  }

  // MARK: Running

  /// Lets things happen until the run is over and everyone knows.
  ///
  /// - Returns: what did not hold; nothing where all did.
  func run() throws -> [String] {
    for _ in 0..<60_000 {
      guard oracle.violations.isEmpty, !isDone else { break }
      guard let happening = network.next() else {
        oracle.violate("nothing more happens, and the run is \(ledger.status)")
        break
      }
      let faults = plan.faults.count
      guard plan.time < (scenario.rounds + faults + 3) * (scenario.deadline + 300_000) else {
        oracle.violate("the run does not end")
        break
      }
      oracle.clock = plan.time
      strike()
      try handle(happening)
      checkServer()
    }
    if oracle.violations.isEmpty { checkEnd() }
    return oracle.violations
  }

  /// Whether the run is over and settled everywhere.
  private var isDone: Bool {
    ledger.status.isOver && engine == nil
      && parties.values.allSatisfy { party in
        // Who never heard of the run does not hear of its end.
        (party.hasSeenTheEnd || !party.knowsTheRun) && party.machine?.pending.isEmpty == true
      }
  }

  /// What strikes between two events.
  private func strike() {
    if disk != nil, plan.strikes(.kill, "server") { serverDies() }
    for name in names where parties[name]?.machine != nil {
      if plan.strikes(.kill, name.name) { dies(name) }
    }
    let victim = names[plan.below(names.count)]
    if plan.strikes(.partition, victim.name) { network.partition(victim) }
    if plan.strikes(.clock, "server") {
      wallOffset += (plan.below(2) == 0 ? 1 : -1) * plan.below(7_200_000)
      network.schedule(.serverTimer(life: life), in: 0)
    }
  }

  private func handle(_ happening: Happening) throws {
    switch happening {
    case .startServer: startServer()
    case .startParticipant(let name): start(name)
    case .connect(let name): connect(name)
    case .heal(let name): network.heal(name)
    case .toServer(let connection, let message):
      guard network[connection].isOpenAtServer, disk != nil else { return }
      hear(message, connection)
    case .toParticipant(let connection, let message):
      let name = network[connection].participant
      guard parties[name]?.connection == connection else { return }
      receive(message, name)
    case .serverHearsClose(let connection): left(connection)
    case .participantHearsClose(let connection):
      let name = network[connection].participant
      guard parties[name]?.connection == connection else { return }
      hangUp(name)
    case .computed(let name, let life, let task, let question):
      guard parties[name]?.life === life, !life.isOver else { return }
      compute(name, task, question)
    case .serverTimer(let life):
      guard self.life === life, mutant != .deadlineIgnored else { return }
      timer = nil
      feed(.timePassed)
    }
  }

  // MARK: What must hold

  private func checkEnd() {
    guard isDone else { return oracle.violate("too much happens, and the run is \(ledger.status)") }
    if let failure, scenario.isStrict || failure.code != .quorum {
      oracle.violate("the run fails: \(failure)")
    }
    for name in names {
      guard let party = parties[name] else { continue }
      let counted = ledger.contributions.filter { $0.value[name] != nil }.map(\.key.exchange)
      if Set(counted) != party.acknowledged {
        oracle.violate(
          "\(name) was told that \(party.acknowledged.sorted()) count, and in the sums are \(counted.sorted())"
        )
      }
      checkReceipts(party)
      for (exchange, answer) in party.discarded
      where ledger.contribution(of: name, to: ExchangeID(Self.run, exchange)) == answer {
        oracle.violate("\(name) discarded an answer to \(exchange) that is in the sum")
      }
    }
  }

  /// Whatever counts has left, and what left has one receipt, however often it was sent.
  private func checkReceipts(_ party: FaultParty) {
    var answers: [Int: [ContentHash]] = [:]
    for receipt in party.receipts.receipts {
      answers[receipt.entry.exchange, default: []].append(receipt.entry.hash)
    }
    for (exchange, hashes) in answers where Set(hashes).count < hashes.count {
      oracle.violate("\(party.name) has two receipts for its answer to \(exchange)")
    }
    for exchange in party.acknowledged {
      let counted = ledger.contribution(of: party.name, to: ExchangeID(Self.run, exchange))
      if counted.map({ answers[exchange]?.contains($0) == true }) != true {
        oracle.violate("\(party.name) has no receipt for its answer to \(exchange), which counts")
      }
    }
  }
}
