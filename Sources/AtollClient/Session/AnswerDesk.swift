import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// Answers questions, one at a time, on a thread that it is given.
final class AnswerDesk: Sendable {
  private let participant: ParticipantID
  private let store: ParticipantStore
  private let gatekeeper: Gatekeeper
  private let delegate: ParticipantDelegate
  private let workers: WorkerRegistry
  /// Held for as long as a question is answered.
  private let tools = Mutex(Tools())

  private struct Tools: ~Copyable {
    let workbench = Workbench()
    /// The rows of the task that was asked about last.
    var rows: (task: ContentHash, data: LocalData)?
    /// Of the rows; found out when it is first asked for.
    var dataSet: LocalData.Identity?
  }

  init(
    _ participant: ParticipantID, store: ParticipantStore, gatekeeper: Gatekeeper,
    delegate: ParticipantDelegate, workers: WorkerRegistry
  ) {
    self.participant = participant
    self.store = store
    self.gatekeeper = gatekeeper
    self.delegate = delegate
    self.workers = workers
  }

  /// Computes an answer and keeps it, so that it outlives the process.
  ///
  /// In this order: the owner's consent to the question, the rows, the charge of what they give away, which is on the disk
  /// before anything is computed of them, the answer, the owner's consent to its size.
  ///
  /// - Parameter signer: who signed the task; empty where nobody did.
  /// - Throws: `Refusal` of the owner, or whatever else keeps the answer from being given.
  func answer(
    _ question: QuestionMessage, of task: FederatedTask, hash: ContentHash, signedBy signer: String = "",
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> ParticipantStore.Pending {
    try tools.withLock { tools in
      try answer(question, of: task, hash: hash, signedBy: signer, with: &tools, isCancelled: isCancelled)
    }
  }

  private func answer(
    _ question: QuestionMessage, of task: FederatedTask, hash: ContentHash, signedBy signer: String,
    with tools: inout Tools, isCancelled: @escaping @Sendable () -> Bool
  ) throws -> ParticipantStore.Pending {
    let query = try workers.decode(
      Checkpoint.Question(kind: question.kind, query: question.query), blobs: ModelReader(store))
    let protection: UpdateProtection = try CanonicalJSON.decode(from: question.protection)
    var gate = try gatekeeper.gate(to: task, hash: hash, of: question.exchange.run, signedBy: signer)
    try gate.admit(
      Instruction(
        exchange: question.exchange.exchange, query: query, protection: protection,
        required: question.required))
    try store.keep(
      AnsweredTask(yaml: task.yaml, hash: hash, signer: signer), of: question.exchange.run)
    let round = query.demand.round.map { $0 + 1 }
    let data = try data(for: task, hash: hash, with: &tools)
    try gatekeeper.charges.charge(
      Charges.Question(
        exchange: question.exchange, round: round,
        releases: gatekeeper.departures.releases(of: question.exchange), rounds: gate.rounds),
      of: task,
      data: {
        let known = tools.dataSet ?? data.dataSet
        tools.dataSet = known
        return known
      }, within: gatekeeper.consent.policy)
    let before = try store.state(of: question.exchange.run)
    var context = LocalContext(
      participant: participant, data: data, exchange: question.exchange.exchange,
      seed: task.federation.seed, state: before, workbench: tools.workbench, cancelled: isCancelled)
    let reply = try workers.answerer(of: query, on: tools.workbench)(&context)
    let answer = try EncodedAnswer.Outgoing(reply, to: query, protection: protection)
    try gate.release(answer.count)
    // The owner may have thought better of it meanwhile.
    try gatekeeper.withdrawals.check(question.exchange.run)
    let memory = context.state == before ? nil : context.state
    // Noise of one's own makes another answer of it when it is computed again: one that may have left is never lost.
    let isPrivate = task.privacy?.unit == .record && round != nil
    var pending = ParticipantStore.Pending(
      exchange: question.exchange, task: hash, question: question.hash,
      answer: try store.write(answer, to: question.exchange, durably: memory != nil || isPrivate),
      size: answer.count, kind: question.kind)
    pending.round = round
    pending.what = query.answerInWords
    // Before it is kept, so that no limit is counted without it.
    gatekeeper.departures.expect(pending)
    do {
      try store.keep(pending, memory: memory, durably: isPrivate)
    } catch {
      gatekeeper.departures.settle(pending.exchange)
      throw error
    }
    return pending
  }

  private func data(
    for task: FederatedTask, hash: ContentHash, with tools: inout Tools
  ) throws -> LocalData {
    if let rows = tools.rows, rows.task == hash { return rows.data }
    (tools.rows, tools.dataSet) = (nil, nil)
    let data = try delegate.data(task)
    tools.rows = (hash, data)
    return data
  }
}

extension Query {
  /// What an answer is, for the owner's files.
  var answerInWords: String {
    let demand = demand
    let size =
      if case .sums(let specs) = reply { Figure.count(specs.reduce(0) { $0 + $1.count }, "number") } else {
        "by itself"
      }
    switch demand.question {
    case "train":
      return "the update of round \((demand.round ?? 0) + 1): \(size), and the number of training rows"
    case "evaluate": return "figures of the model on held-out rows: \(size)"
    case "columns": return "the list of columns that may be used, with their types and levels"
    case "statistics": return "sums over columns: \(size)"
    case "initial-model": return "a first model, drawn at random: \(size)"
    default: return "an answer to “\(Self.kind)”: \(size)"
    }
  }
}

/// What is told of a failure: to the owner all, to the server no word that could come from the data.
struct Explanation {
  let own: String
  let told: String
  /// Whether the owner's consent is what lacks.
  var isByPolicy = false
  /// Whether nothing will be answered in this run any more.
  var withdraws = false

  init(_ error: any Error) {
    switch error {
    case let refusal as Refusal:
      own = refusal.description
      told = refusal.message
      isByPolicy = true
      withdraws = refusal.rule == Withdrawals.rule
    case let failure as RunFailure:
      own = (["\(failure)"] + failure.local.map { "  | \($0)" }).joined(separator: "\n")
      told =
        switch failure.code {
        case .diverged: "training diverged"
        case .outOfRange: "a number of its answer exceeds the bound that the task sets"
        case .unknownQuery: "its program does not know this kind of question"
        case .unfit, .noWeight: "its data do not suit the task"
        case .worker: "what answers there failed"
        default: "it could not compute an answer"
        }
    default:
      own = "\(error)"
      told = "its data could not be read, or do not suit the task"
    }
  }
}
