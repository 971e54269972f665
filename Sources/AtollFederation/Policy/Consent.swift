import AtollLearning
public import AtollNumerics

/// What a participant has agreed to: tasks by their hash, or whatever its policy allows, or both.
///
/// Consent to a task covers what the task says and nothing else: an instruction that departs from the task is refused
/// whatever a policy allows.
public struct Consent: Sendable {
  /// A task that was looked at and approved: `--approve sha256:…`.
  public struct Approval: Hashable, Sendable {
    /// ``FederatedTask/contentHash`` of the task.
    public let hash: ContentHash
    /// The task, where it is on file: then a change can be told.
    public let task: FederatedTask?

    /// By hash alone.
    public init(_ hash: ContentHash) {
      self.hash = hash
      task = nil
    }

    /// By the task itself.
    public init(_ task: FederatedTask) {
      hash = task.contentHash
      self.task = task
    }
  }

  /// The approved tasks; nil where the policy alone decides.
  public let approvals: [Approval]?
  /// The policy; nil where the approval alone decides.
  public let policy: Policy?

  /// To one task.
  public init(_ approval: Approval) { self.init([approval]) }

  /// To these tasks, and of them to what the policy allows, where there is one.
  public init(_ approvals: [Approval], within policy: Policy? = nil) {
    self.approvals = approvals
    self.policy = policy
  }

  /// To whatever the policy allows, and of that only the approved task, where there is one.
  public init(_ policy: Policy, and approval: Approval? = nil) {
    self.policy = policy
    approvals = approval.map { [$0] }
  }

  /// Why there is no consent to a task; nil when there is.
  ///
  /// The parameters are those of ``Policy/refusal(of:signedBy:usesExternalTrainer:)``.
  public func refusal(
    of task: FederatedTask, signedBy signer: String? = nil, usesExternalTrainer: Bool = false
  ) -> Refusal? {
    if let approvals, !approvals.contains(where: { $0.hash == task.contentHash }) {
      return Self.refusal(of: task, approved: approvals)
    }
    if usesExternalTrainer, let reason = task.reasonAgainstExternalTrainers {
      return Refusal(rule: "trainer", reason)
    }
    return policy?.refusal(of: task, signedBy: signer, usesExternalTrainer: usesExternalTrainer)
  }

  private static func refusal(of task: FederatedTask, approved: [Approval]) -> Refusal {
    // The one that it was before it changed, where that can be told.
    let before = approved.count == 1 ? approved.first : approved.first { $0.task?.name == task.name }
    let differences = before?.task.map { FederatedTask.differences(from: $0, to: task) } ?? []
    let names = approved.map(\.hash.abbreviated)
    let others =
      names.isEmpty
      ? "no task was approved" : "\(listed(names, atMost: 4)) \(names.count == 1 ? "was" : "were") approved"
    return Refusal(
      rule: "approved",
      "the task is \(task.contentHash.abbreviated), and \(others)", file: nil, differences: differences)
  }

  /// Why there is no consent to an instruction of a run of the task; nil when there is. To be asked before any data are
  /// read.
  ///
  /// - Parameters:
  ///   - instruction: what is asked of the participant.
  ///   - task: the task that the participant agreed to.
  ///   - run: the run's name, as in `spending`.
  ///   - spending: what was given so far.
  public func refusal(
    of instruction: Instruction, under task: FederatedTask, run: String, after spending: Spending = Spending()
  ) -> Refusal? {
    refusal(of: instruction, under: task, rounds: task.roundsWithinBudget, run: run, after: spending)
  }

  /// The same where it is known how many rounds there will be: to find it takes a while.
  func refusal(
    of instruction: Instruction, under task: FederatedTask, rounds: Int, run: String, after spending: Spending
  ) -> Refusal? {
    let departs = "the instruction is not what the task says: "
    if let departure = instruction.departure(from: task) {
      return Refusal(rule: "task", departs + departure)
    }
    if let round = instruction.query.demand.round {
      if let correlation = task.privacy?.correlation, spending[run].rounds >= correlation.turns {
        return Refusal(
          rule: "task",
          departs + "a participant has \(Figure.count(correlation.turns, "turn")), and all were taken")
      }
      guard spending[run].rounds < rounds else {
        return Refusal(rule: "task", departs + "all \(rounds) rounds are trained")
      }
      guard round < rounds else {
        return Refusal(
          rule: "task", departs + "its ε is spent after \(rounds) rounds, and this is round \(round + 1)")
      }
    }
    return policy?.refusal(of: instruction, run: run, after: spending)
  }
}
