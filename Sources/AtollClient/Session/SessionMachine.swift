import AtollFederation
import AtollNumerics
import AtollWire
import FoundationEssentials

/// A participant's side of the protocol: decides what is said, fetched, computed, kept and dropped, and does nothing.
///
/// A value without clock, files or connections. It lives as long as the participant, over many streams.
struct SessionMachine {
  /// What happened.
  enum Event {
    /// A stream is open: nothing was said in it yet.
    case opened
    case closed
    case received(FromServer)
    /// The owner allows the question to be answered; these of its models are not here yet.
    case allowed(ExchangeID, missing: Set<ContentHash>)
    /// The owner, or a failure, keeps the question from being answered.
    case failed(ExchangeID, reason: String, told: String, byPolicy: Bool, withdraws: Bool = false)
    /// The owner has withdrawn from the run before the answer left.
    case withdrawn(ExchangeID)
    case modelArrived(ContentHash)
    /// An answer is on the disk.
    case computed(ParticipantStore.Pending)
  }

  /// What is to be done, in this order.
  enum Effect {
    case say(FromParticipant)
    /// Asks the owner.
    case consult(TaskMessage, QuestionMessage)
    case fetch(QuestionMessage.Blob)
    case compute(TaskMessage, QuestionMessage)
    case offer(ParticipantStore.Pending)
    case send(ParticipantStore.Pending, from: Int)
    case commit(ParticipantStore.Pending)
    case discard(ParticipantStore.Pending)
    case forget(RunID)
    case keepModels(Set<ContentHash>)
    case tell(ParticipantEvent)
    /// The server ends the stream.
    case leave(reason: String, comeAgain: Bool)
  }

  private struct Open {
    let message: QuestionMessage
    var progress: Progress

    enum Progress: Equatable {
      case consulting
      case fetching(Set<ContentHash>)
      /// Answers of earlier exchanges must be settled first: what is remembered hangs on them.
      case held
      case computing
      /// Declined, or answered.
      case done
    }
  }

  private var tasks: [RunID: TaskMessage] = [:]
  private var open: [RunID: Open] = [:]
  private(set) var pending: [ExchangeID: ParticipantStore.Pending] = [:]
  /// Answers that were offered on this stream.
  private var offered: Set<ExchangeID> = []
  /// Runs of which the end was not seen.
  private var runs: Set<RunID>
  /// Runs that are over, with answers of which it is not known yet what became of them.
  private var ended: Set<RunID> = []
  /// The last exchange of each run whose answer was committed.
  private var committed: [RunID: Int]
  private let software: String
  private var isConnected = false
  private let server: ServerAddress

  init(
    software: String, server: ServerAddress, pending: [ParticipantStore.Pending], committed: [RunID: Int],
    runs: Set<RunID> = []
  ) {
    self.software = software
    self.server = server
    self.committed = committed
    self.runs = runs
    for answer in pending { self.pending[answer.exchange] = answer }
  }

  /// Whether an exchange's answer is still wanted: asked by a computation now and then.
  func wants(_ exchange: ExchangeID) -> Bool {
    open[exchange.run]?.message.exchange == exchange && open[exchange.run]?.progress == .computing
  }

  mutating func handle(_ event: Event) throws(WireError) -> [Effect] {
    switch event {
    case .opened:
      isConnected = true
      tasks = [:]
      offered = []
      // A computation goes on; whatever else was under way begins anew with the question.
      open = open.filter { $0.value.progress == .computing }
      let answers = pending.values.sorted {
        ($0.exchange.run, $0.exchange.exchange) < ($1.exchange.run, $1.exchange.exchange)
      }
      return [
        .say(
          .hello(
            Hello(
              software: software, pending: answers.map { Hello.Pending($0.exchange, answer: $0.answer) },
              runs: runs.sorted())))
      ]
    case .closed:
      isConnected = false
      return []
    case .received(let message): return try receive(message)
    case .allowed(let exchange, let missing): return allow(exchange, missing)
    case .failed(let exchange, let reason, let told, let byPolicy, let withdraws):
      guard let question = open[exchange.run]?.message, question.exchange == exchange else { return [] }
      open[exchange.run]?.progress = .done
      return [
        .say(
          .declined(
            Declined(exchange: exchange, reason: told, isByPolicy: byPolicy, withdraws: withdraws))),
        .tell(
          .declined(
            exchange.run, exchange: exchange.exchange, kind: question.kind, reason: reason,
            byPolicy: byPolicy)),
      ]
    case .withdrawn(let exchange):
      guard let answer = pending.removeValue(forKey: exchange) else { return [] }
      // Where it is not asked now, the server is told with its next question.
      guard isConnected, open[exchange.run]?.message.exchange == exchange else { return [.discard(answer)] }
      let declined = Declined(
        exchange: exchange, reason: Withdrawals.message, isByPolicy: true, withdraws: true)
      return [.discard(answer), .say(.declined(declined))]
    case .modelArrived(let hash): return take(hash)
    case .computed(let answer): return take(answer)
    }
  }

  // MARK: What the server says

  private mutating func receive(_ message: FromServer) throws(WireError) -> [Effect] {
    switch message {
    case .welcome, .heartbeat, .blobPart: return []
    case .task(let task):
      tasks[task.run] = task
      runs.insert(task.run)
      return []
    case .question(let question): return try take(question)
    case .send(let exchange, let offset):
      guard let answer = pending[exchange] else { return [] }
      guard offset <= answer.size else {
        throw WireError(.protocolViolation, "the server wants an answer from past its end on")
      }
      return [.send(answer, from: offset)]
    case .settled(let settled): return settle(settled)
    case .refused(let refused):
      return [
        .tell(
          .refused(
            refused.exchange.run, exchange: refused.exchange.exchange,
            reason: "\(refused.code.rawValue): \(refused.reason)"))
      ]
    case .runEnded(let ended):
      open[ended.run] = nil
      tasks[ended.run] = nil
      runs.remove(ended.run)
      let told = Effect.tell(.ended(ended.run, ended.status, reason: ended.reason))
      let left = answers(to: ended.run)
      guard left.isEmpty else {
        self.ended.insert(ended.run)
        return left.map { .offer($0) } + [told]
      }
      committed[ended.run] = nil
      // Told first: who is killed in between hears of the end once more.
      return [told, .forget(ended.run)]
    case .goodbye(let reason, let comeAgain): return [.leave(reason: reason, comeAgain: comeAgain)]
    }
  }

  private mutating func take(_ question: QuestionMessage) throws(WireError) -> [Effect] {
    let exchange = question.exchange
    guard let task = tasks[exchange.run] else {
      throw WireError(.protocolViolation, "a question comes before its task")
    }
    if let before = open[exchange.run] {
      if before.message.exchange == exchange, before.message.hash == question.hash,
        before.progress != .done
      {
        return []
      }
      if before.message.exchange.exchange > exchange.exchange {
        throw WireError(.protocolViolation, "a question of an earlier exchange comes after a later one")
      }
    }
    let told = Effect.tell(
      .asked(
        exchange.run, exchange: exchange.exchange, kind: question.kind, timeLeft: question.timeLeft))
    var effects: [Effect] = []
    if let answer = pending[exchange] {
      if answer.question == question.hash {
        open[exchange.run] = Open(message: question, progress: .done)
        offered.insert(exchange)
        return [told, .offer(answer)]
      }
      // The server went back to an older state and asks something else: the old answer is to nothing.
      pending[exchange] = nil
      effects.append(.discard(answer))
    }
    if let last = committed[exchange.run], last >= exchange.exchange {
      open[exchange.run] = Open(message: question, progress: .done)
      return effects + [
        .say(
          .declined(
            Declined(
              exchange: exchange,
              reason:
                "exchange \(last) of this run is committed here: the server went back to an older state",
              isByPolicy: false))),
        .tell(
          .declined(
            exchange.run, exchange: exchange.exchange, kind: question.kind,
            reason: "the server asks again what was committed: its state went back", byPolicy: false)),
      ]
    }
    let earlier = answers(to: exchange.run).filter { !offered.contains($0.exchange) }
    offered.formUnion(earlier.map(\.exchange))
    open[exchange.run] = Open(message: question, progress: .consulting)
    return effects + [told] + earlier.map { .offer($0) } + [.consult(task, question)]
  }

  private mutating func settle(_ settled: Settled) -> [Effect] {
    guard let answer = pending[settled.exchange], answer.answer == settled.answer else { return [] }
    let run = settled.exchange.run
    pending[settled.exchange] = nil
    var effects: [Effect] = [settled.isCommitted ? .commit(answer) : .discard(answer)]
    if settled.isCommitted { committed[run] = settled.exchange.exchange }
    effects.append(
      .tell(.settled(run, exchange: settled.exchange.exchange, isCommitted: settled.isCommitted)))
    offered.remove(settled.exchange)
    if answers(to: run).isEmpty, ended.remove(run) != nil {
      committed[run] = nil
      effects.append(.forget(run))
    }
    if open[run]?.progress == .held { effects += proceed(run) }
    return effects
  }

  /// The answers to a run's questions that are not settled, oldest first.
  private func answers(to run: RunID) -> [ParticipantStore.Pending] {
    pending.values.filter { $0.exchange.run == run }.sorted { $0.exchange.exchange < $1.exchange.exchange }
  }

  // MARK: What happens here

  private mutating func allow(_ exchange: ExchangeID, _ missing: Set<ContentHash>) -> [Effect] {
    guard let question = open[exchange.run], question.message.exchange == exchange,
      question.progress == .consulting
    else { return [] }
    let wanted = open.values.filter { $0.progress != .done }.flatMap { $0.message.blobs.map(\.hash) }
    let effects: [Effect] = [.keepModels(Set(wanted))]
    guard !missing.isEmpty else { return effects + proceed(exchange.run) }
    open[exchange.run]?.progress = .fetching(missing)
    return effects + question.message.blobs.filter { missing.contains($0.hash) }.map { .fetch($0) }
  }

  private mutating func take(_ model: ContentHash) -> [Effect] {
    var effects: [Effect] = []
    for (run, question) in open {
      guard case .fetching(var missing) = question.progress, missing.remove(model) != nil else { continue }
      open[run]?.progress = .fetching(missing)
      if missing.isEmpty { effects += proceed(run) }
    }
    return effects
  }

  /// The models are here: the question is answered as soon as it is known what became of the answers before.
  private mutating func proceed(_ run: RunID) -> [Effect] {
    guard let question = open[run]?.message, let task = tasks[run] else { return [] }
    guard answers(to: run).isEmpty else {
      open[run]?.progress = .held
      return []
    }
    open[run]?.progress = .computing
    return [.compute(task, question)]
  }

  private mutating func take(_ answer: ParticipantStore.Pending) -> [Effect] {
    pending[answer.exchange] = answer
    if open[answer.exchange.run]?.message.exchange == answer.exchange {
      open[answer.exchange.run]?.progress = .done
    }
    let told = Effect.tell(
      .answered(
        answer.exchange.run, exchange: answer.exchange.exchange, kind: answer.kind, bytes: answer.size))
    guard isConnected else { return [told] }
    offered.insert(answer.exchange)
    return [told, .offer(answer)]
  }
}
