import FoundationEssentials

/// Stands between a run and one participant's data: every instruction passes it before data are read, every answer
/// before it leaves. Both drivers use it.
public struct ConsentGate: Sendable {
  /// What the participant agreed to.
  public let consent: Consent
  /// The task that it agreed to.
  public let task: FederatedTask
  /// The run's name.
  public let run: String
  /// What the participant has given so far, in all runs: to be kept with every answer that leaves.
  public private(set) var spending: Spending
  /// How many rounds there will be.
  package let rounds: Int

  /// - Parameters:
  ///   - consent: what the participant agreed to.
  ///   - task: the task of the run.
  ///   - run: the run's name.
  ///   - spending: what the participant gave before.
  ///   - signer: who signed the task; empty where nobody did; nil where that is not judged, as in a simulation.
  ///   - usesExternalTrainer: whether a program of the participant's own trains.
  /// - Throws: ``Refusal`` when there is no consent to the task.
  public init(
    _ consent: Consent, to task: FederatedTask, run: String, after spending: Spending = Spending(),
    signedBy signer: String? = nil, usesExternalTrainer: Bool = false
  ) throws(Refusal) {
    if let refusal = consent.refusal(of: task, signedBy: signer, usesExternalTrainer: usesExternalTrainer) {
      throw refusal
    }
    self.consent = consent
    self.task = task
    self.run = run
    self.spending = spending
    rounds = task.roundsWithinBudget
  }

  /// The same gate later: the consent to the task stands, and need not be asked for again.
  package func after(_ spending: Spending) -> ConsentGate {
    var gate = self
    gate.spending = spending
    return gate
  }

  /// Lets an instruction in, and counts it: once, however often the server sends it.
  ///
  /// - Throws: ``Refusal`` when there is no consent to it; then nothing is counted.
  public mutating func admit(_ instruction: Instruction) throws(Refusal) {
    if let refusal = consent.refusal(
      of: instruction, under: task, rounds: rounds, run: run, after: spending)
    {
      throw refusal
    }
    spending.add(
      Spending.Amount(rounds: instruction.query.demand.round == nil ? 0 : 1, exchanges: 1), to: run)
  }

  /// Lets an answer out, and counts its bytes: once, however often it is offered.
  ///
  /// - Throws: ``Refusal`` when it is too large; then nothing is counted.
  public mutating func release(_ bytes: Int) throws(Refusal) {
    if let refusal = consent.policy?.refusal(ofReplyOf: bytes, run: run, after: spending) { throw refusal }
    spending.add(Spending.Amount(bytes: bytes), to: run)
  }
}

extension Reply {
  /// Bytes that the answer has when it leaves.
  ///
  /// - Parameter shape: what was asked for.
  public func byteCount(as shape: ReplyShape) -> Int {
    switch self {
    case .sums: shape.byteCount
    case .individual(let bytes): bytes.count
    case .messages(let messages): messages.reduce(0) { $0 + $1.sealed.count }
    }
  }
}
