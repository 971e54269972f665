import AtollFederation
import AtollNumerics
import AtollWire
import Synchronization

/// The owner's consent, held against what was given so far.
struct Gatekeeper: Sendable {
  let consent: Consent
  /// Whether a program of the owner's own trains.
  let usesExternalTrainer: Bool
  let departures: Departures
  let withdrawals: Withdrawals
  let charges: Charges
  private let known = KnownGates()

  /// A gate for one question.
  ///
  /// - Parameters:
  ///   - task: what the question is about.
  ///   - hash: its hash.
  ///   - run: the run of the question.
  ///   - signer: who signed the task; empty where nobody did.
  /// - Throws: `Refusal` when there is no consent to the task, or not any more.
  func gate(
    to task: FederatedTask, hash: ContentHash, of run: RunID, signedBy signer: String
  ) throws(Refusal) -> ConsentGate {
    try withdrawals.check(run)
    let spending = departures.spending
    if let gate = known.gate(of: run, hash, signer) { return gate.after(spending) }
    let gate = try ConsentGate(
      consent, to: task, run: run.name, after: spending, signedBy: signer,
      usesExternalTrainer: usesExternalTrainer)
    known.add(gate, of: run, hash, signer)
    return gate
  }
}

/// Gates of the runs that go on: consent to a task is asked for once, as it takes a while to find what a promise comes to.
private final class KnownGates: Sendable {
  private struct Key: Hashable {
    let run: RunID
    let task: ContentHash
    let signer: String
  }
  private let gates = Mutex<[Key: ConsentGate]>([:])

  func gate(of run: RunID, _ task: ContentHash, _ signer: String) -> ConsentGate? {
    gates.withLock { $0[Key(run: run, task: task, signer: signer)] }
  }

  func add(_ gate: ConsentGate, of run: RunID, _ task: ContentHash, _ signer: String) {
    gates.withLock { gates in
      // Only forgotten, never wrong: it is found again.
      if gates.count >= 64 { gates = [:] }
      gates[Key(run: run, task: task, signer: signer)] = gate
    }
  }
}
