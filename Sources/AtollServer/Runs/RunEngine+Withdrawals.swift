import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore

/// Who of a run's participants is within reach of its server, and who takes part no more.
struct Attendance {
  private let population: Roster
  private var present: Set<ParticipantID> = []
  /// Those who take part no more.
  private(set) var withdrawn: Set<ParticipantID>

  init(of population: Roster, withdrawn: Set<ParticipantID>) {
    self.population = population
    self.withdrawn = withdrawn
  }

  func isPresent(_ participant: ParticipantID) -> Bool { present.contains(participant) }

  /// Out of reach, and may come.
  func isMissing(_ participant: ParticipantID) -> Bool {
    !present.contains(participant) && !withdrawn.contains(participant)
  }

  /// - Returns: whether it takes part.
  mutating func arrive(_ participant: ParticipantID) -> Bool {
    guard population.contains(participant), !withdrawn.contains(participant) else { return false }
    present.insert(participant)
    return true
  }

  mutating func leave(_ participant: ParticipantID) { present.remove(participant) }

  /// - Returns: whether that is news; a stranger to the run has nothing to withdraw from.
  mutating func withdraw(_ participant: ParticipantID) -> Bool {
    guard population.contains(participant), withdrawn.insert(participant).inserted else { return false }
    present.remove(participant)
    return true
  }
}

/// Participants who have withdrawn: they are not asked and not waited for any more.
extension RunEngine {
  /// Keeps that a participant has withdrawn.
  mutating func noteWithdrawal(of participant: ParticipantID) throws -> [Effect] {
    guard attendance.withdraw(participant) else { return [] }
    do {
      try store.withdraw(participant, from: run)
    } catch let error as StoreError where error.mayPass {
      // Held in memory; after a restart the participant is asked, and says it again.
    }
    return [.told]
  }

  /// - Throws: `RunFailure` for an exchange that cannot succeed without those who have withdrawn.
  func checkWithdrawals(for exchange: Exchange) throws(RunFailure) {
    let cohort = cohort(of: exchange)
    let gone = cohort.filter(attendance.withdrawn.contains)
    let required = exchange.completion.required(of: cohort.count)
    guard cohort.count - gone.count < required else { return }
    throw RunFailure(
      .quorum,
      "\(required) of \(cohort.count) participants are required, and \(listed(gone.map(\.name), atMost: 6)) \(gone.count == 1 ? "has" : "have") withdrawn",
      hint: "a smaller federation.quorum, or a task without them")
  }

  /// Those who have withdrawn decline whatever they would be asked.
  mutating func declineForWithdrawn(at now: Instant) throws -> [Effect] {
    var effects: [Effect] = []
    for participant in attendance.withdrawn.sorted() {
      let following = withOpen { open -> [RoundMachine.Effect] in
        guard open.awaits(participant) else { return [] }
        open.note("has withdrawn", of: participant)
        return open.machine.handle(.declined(participant), at: now)
      }
      effects += try carryOut(following ?? [], at: now)
    }
    return effects
  }
}
