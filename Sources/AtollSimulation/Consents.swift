public import AtollFederation
import Synchronization

/// The gates of a simulated run's participants: each allows the same, and counts for itself.
public final class Consents: Sendable {
  private let first: ConsentGate
  private let gates = Mutex<[ParticipantID: ConsentGate]>([:])

  /// - Parameters:
  ///   - consent: what each participant agreed to.
  ///   - task: the task of the run.
  ///   - usesExternalTrainer: whether a program of one's own trains.
  /// - Throws: `Refusal` when there is no consent to the task.
  public init(_ consent: Consent, to task: FederatedTask, usesExternalTrainer: Bool = false) throws {
    first = try ConsentGate(consent, to: task, run: "this", usesExternalTrainer: usesExternalTrainer)
  }

  func admit(_ instruction: Instruction, at participant: ParticipantID) throws {
    try gates.withLock { try $0[participant, default: first].admit(instruction) }
  }

  func release(_ bytes: Int, at participant: ParticipantID) throws {
    try gates.withLock { try $0[participant, default: first].release(bytes) }
  }

  /// What a participant has given so far.
  public func spending(of participant: ParticipantID) -> Spending {
    gates.withLock { $0[participant, default: first].spending }
  }
}
