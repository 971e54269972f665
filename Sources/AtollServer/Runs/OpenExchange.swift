import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollWire
import FoundationEssentials

/// An exchange to which answers come in.
struct OpenExchange {
  let number: Int
  /// What is asked.
  let kind: String
  /// The form of an answer.
  let reply: ReplyShape
  let deadline: Instant
  var machine: RoundMachine
  /// SHA-256 of each answer that is in the sum.
  private(set) var answers: [ParticipantID: ContentHash] = [:]
  /// Why participants will not answer.
  private(set) var reasons: [ParticipantID: String] = [:]
  private var moved = Traffic()
  /// What is told of it when it is closed.
  let disclosure: Disclosure
  private let protection: UpdateProtection
  private let message: QuestionMessage
  /// Nil once the exchange is closed: it holds a model.
  private var query: (any Query)?
  private var sum: ExactSum
  private var individual: [ParticipantID: Data] = [:]

  /// - Throws: `RunFailure` when the question is too long to be sent, or its sum could overflow.
  init(
    _ exchange: Exchange, number: Int, run: RunID, machine: RoundMachine, population: Int, deadline: Instant,
    blobs: BlobCollector
  ) throws {
    query = exchange.query
    reply = exchange.query.reply
    self.number = number
    self.machine = machine
    self.deadline = deadline
    kind = type(of: exchange.query).kind
    disclosure = Disclosure(exchange)
    protection = exchange.protection
    let encoded = try CanonicalJSON.encode(exchange.query, blobs: blobs)
    try blobs.write()
    let named = blobs.collected
    guard encoded.count <= WireLimits.queryBytes, named.count <= WireLimits.blobsInQuestion else {
      throw RunFailure(
        .unfit,
        "the question “\(kind)” has \(grouped(encoded.count)) bytes, at most \(grouped(WireLimits.queryBytes)) are sent"
      )
    }
    message = QuestionMessage(
      exchange: ExchangeID(run, number), kind: kind, query: encoded,
      protection: try CanonicalJSON.encode(exchange.protection),
      blobs: named.sorted { $0.key < $1.key }.map { QuestionMessage.Blob(hash: $0.key, size: $0.value) },
      timeLeft: exchange.completion.deadline,
      required: exchange.completion.required(of: exchange.audience.size(of: population)))
    switch reply {
    case .sums(let specs):
      for spec in specs {
        do {
          try spec.format.proveNoOverflow(participants: machine.cohort.count)
        } catch {
          throw RunFailure(
            .overflow, "the sum “\(spec.name.rawValue)” is not safe: \(error)",
            hint: "fewer fraction bits, a smaller weight cap or a smaller range")
        }
      }
      sum = ExactSum(counts: specs.map(\.count))
    case .individual: sum = ExactSum(counts: [])
    case .relay: throw RunFailure(.unfit, "messages between participants are not relayed by this server")
    }
  }

  /// The question as it is sent now.
  func question(at now: Instant) -> QuestionMessage {
    var question = message
    question.timeLeft = max(.zero, deadline.sinceStart - now.sinceStart)
    return question
  }

  /// The models that the question names.
  var models: [ContentHash] { message.blobs.map(\.hash) }

  /// Of the models that the question names, in bytes.
  var modelBytes: Int { message.blobs.reduce(0) { $0 + $1.size } }

  /// SHA-256 of the question.
  var hash: ContentHash { message.hash }

  /// Whether the participant was asked, and has neither answered nor declined.
  func awaits(_ participant: ParticipantID) -> Bool { machine.computing[participant] != nil }

  /// Those who were asked and have not answered, in ascending order.
  var awaited: [ParticipantID] { machine.computing.keys.sorted() }

  /// Checks an answer against the question.
  ///
  /// - Throws: `RunFailure` when it is none to this question, and what reading it throws.
  func read(_ bytes: any AnswerBytes) throws -> IncomingAnswer {
    guard let query else { preconditionFailure("no answers are read after the end of an exchange") }
    return try IncomingAnswer(bytes, answering: query, protection: protection)
  }

  /// Adds an answer that the machine has accepted.
  ///
  /// - Throws: what reading it throws; then the sum is spoilt.
  mutating func add(
    _ answer: IncomingAnswer, hash: ContentHash, size: Int, of participant: ParticipantID
  ) throws {
    if case .individual = reply {
      individual[participant] = try answer.individual()
    } else {
      try answer.add(to: &sum)
    }
    answers[participant] = hash
    moved.up += size
  }

  mutating func note(_ reason: String, of participant: ParticipantID) { reasons[participant] = reason }

  /// What a participant receives with the question, in bytes.
  mutating func noteAsked(_ count: Int) { moved.down += count * questionBytes }

  private var questionBytes: Int { message.query.count + modelBytes }

  /// What goes on record of the bytes that were moved.
  func traffic(population: Int) -> Traffic {
    disclosure.recorded(moved, answer: reply.byteCount, question: questionBytes, population: population)
  }

  /// Ends the exchange, and adds its noise. What it has learnt is handed over, not copied: a sum is twice as large as a model.
  ///
  /// - Throws: `RunFailure` where noise is missing or does not fit.
  mutating func takeResult(
    of contributors: [Contributor], population: Int, carrying noise: inout RunNoise
  ) throws(RunFailure) -> ExchangeResult {
    defer {
      query = nil
      individual = [:]
    }
    let names = contributors.map(\.participant)
    var coins = SecretCoins()
    return try disclosure.result(
      takeSum(), shape: reply, contributors: names, asked: machine.cohort.count, population: population,
      individual: names.compactMap { name in individual[name].map { (name, $0) } }, carrying: &noise,
      using: &coins)
  }

  private mutating func takeSum() -> ExactSum {
    defer { sum = ExactSum(counts: []) }
    return sum
  }

  /// Why the run ends with this exchange.
  func failure(of reason: RoundMachine.Abandonment) -> RunFailure {
    switch reason {
    case .cancelled: return RunFailure(.cancelled, "the run was cancelled")
    case .tooFewReachable(let present, let required):
      return RunFailure(.quorum, "only \(present) participants can be reached, \(required) are required")
    case .tooFewAnswers(let count, let required):
      let first = reasons.min { $0.key < $1.key }
      let why = first.map { "; \($0.key): \($0.value)" } ?? ""
      return RunFailure(
        .quorum, "only \(count) participants answered, \(required) are required\(why)",
        hint: first == nil ? "a smaller federation.quorum or a longer federation.deadline" : nil)
    }
  }
}
