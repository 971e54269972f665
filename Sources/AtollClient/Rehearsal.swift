public import AtollFederation
import AtollLearning
import AtollNumerics
import FoundationEssentials

/// One round of a task at one participant alone, with nothing sent: what would leave, what its owner's policy would refuse,
/// and how long it takes.
public struct Rehearsal: Sendable {
  /// One question and its answer.
  public struct Step: Sendable {
    /// The kind of question.
    public let kind: String
    /// What the answer is, in plain words.
    public let what: String
    /// Of the answer as it would leave.
    public let bytes: Int
    /// How long the answer took.
    public let duration: Duration
    /// Why it would not leave; nil where it would.
    public let refusal: Refusal?
  }

  /// In the order in which they would be asked; in a federation the training and the evaluation come again each round.
  public let steps: [Step]
  /// Numbers in the model.
  public let parameters: Int

  /// - Parameters:
  ///   - task: what is learnt, and how.
  ///   - data: the participant's rows.
  ///   - participant: its name.
  ///   - policy: what its owner allows; each question is judged by it, and answered here whatever it says.
  ///   - trainer: what trains here.
  ///   - isCancelled: asked now and then.
  /// - Throws: whatever would keep the participant from answering; `RunFailure` with code `.cancelled`.
  public init(
    of task: FederatedTask, data: LocalData, participant: ParticipantID, policy: Policy = .open,
    trainer: any Trainer = GradientDescent(), isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let alone = try task.setting([
      "federation.rounds=1", "federation.cohort=1.0", "federation.quorum=1.0", "federation.participants=",
    ])
    // How many answer in a federation is known only where the task names them.
    let required = task.fewestContributors ?? policy.leastParticipants
    let workers = WorkerRegistry.training(Extensions(), trainer: trainer)
    func rehearse<P: FederatedProgram<LearnedModel>>(_ program: P) throws -> ([Step], LearnedModel) {
      var program = program
      var steps: [Step] = []
      var spending = Spending()
      let workbench = Workbench()
      var memory = LocalState()
      while true {
        switch try program.next() {
        case .finish(let model): return (steps, model)
        case .exchange(let exchange):
          let began = ContinuousClock.now
          let query = exchange.query
          let instruction = Instruction(
            exchange: steps.count, query: query, protection: exchange.protection, required: required)
          var refusal = policy.refusal(of: instruction, run: task.name, after: spending)
          var context = LocalContext(
            participant: participant, data: data, exchange: steps.count, seed: task.federation.seed,
            state: memory, workbench: workbench, cancelled: isCancelled)
          let reply = try workers.answerer(of: query, on: workbench)(&context)
          let bytes = try EncodedAnswer.encode(reply, to: query, protection: exchange.protection)
          refusal = refusal ?? policy.refusal(ofReplyOf: bytes.count, run: task.name, after: spending)
          memory = context.state
          spending.add(
            Spending.Amount(
              rounds: query.demand.round == nil ? 0 : 1, exchanges: 1, bytes: bytes.count), to: task.name)
          steps.append(
            Step(
              kind: type(of: query).kind, what: query.answerInWords, bytes: bytes.count,
              duration: ContinuousClock.now - began, refusal: refusal))
          _ = try program.absorb(Self.result(of: bytes, to: query, participant))
        }
      }
    }
    let (steps, model) = try rehearse(alone.program())
    self.steps = steps
    parameters = model.parameters.layout.count
  }

  private static func result(
    of bytes: Data, to query: any Query, _ participant: ParticipantID
  ) throws -> ExchangeResult {
    let shape = query.reply
    var sum = ExactSum(counts: [])
    var individual: [(participant: ParticipantID, reply: Data)] = []
    switch try EncodedAnswer.decode(bytes, answering: query) {
    case .term(let term):
      sum = ExactSum(counts: term.vectors.map(\.elements.count))
      sum.add(term)
    case .individual(let bytes): individual.append((participant, bytes))
    }
    return ExchangeResult(
      contributors: [participant], cohort: 1, population: 1, shape: shape, sum: sum, individual: individual)
  }
}
