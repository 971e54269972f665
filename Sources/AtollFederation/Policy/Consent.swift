public import AtollNumerics

/// What a participant has agreed to: one task by its hash, or whatever its policy allows, or both.
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

  /// The approved task; nil where the policy alone decides.
  public let approval: Approval?
  /// The policy; nil where the approval alone decides.
  public let policy: Policy?

  /// To one task.
  public init(_ approval: Approval) {
    self.approval = approval
    policy = nil
  }

  /// To whatever the policy allows, and of that only the approved task, where there is one.
  public init(_ policy: Policy, and approval: Approval? = nil) {
    self.policy = policy
    self.approval = approval
  }

  /// Why there is no consent to a task; nil when there is.
  ///
  /// The parameters are those of ``Policy/refusal(of:signedBy:usesExternalTrainer:)``.
  public func refusal(
    of task: FederatedTask, signedBy signer: String? = nil, usesExternalTrainer: Bool = false
  ) -> Refusal? {
    if let approval, approval.hash != task.contentHash {
      let differences = approval.task.map { FederatedTask.differences(from: $0, to: task) } ?? []
      return Refusal(
        rule: "approved",
        "the task is \(task.contentHash.abbreviated), and \(approval.hash.abbreviated) was approved"
          + (differences.isEmpty ? "" : "; since then:"),
        differences: differences)
    }
    return policy?.refusal(of: task, signedBy: signer, usesExternalTrainer: usesExternalTrainer)
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
    if let departure = instruction.departure(from: task) {
      return Refusal(rule: "task", "the instruction is not what the task says: \(departure)")
    }
    if instruction.query.demand.round != nil, spending[run].rounds >= task.federation.rounds {
      return Refusal(
        rule: "task",
        "the instruction is not what the task says: all \(task.federation.rounds) rounds are trained")
    }
    return policy?.refusal(of: instruction, run: run, after: spending)
  }
}
