import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import FoundationEssentials

/// What a run waits for, for whom, and until when.
struct Waiting: Sendable {
  /// The round that is under way, from 1; nil before the first.
  var round: Int?
  var rounds: Int
  /// What is asked, in words.
  var purpose: String
  /// Whom it waits for, in ascending order.
  var awaited: [ParticipantID]
  /// Answers that are in, of those that were asked; nil while nobody is asked yet, and where that is secret.
  var answers: (count: Int, asked: Int)?
  /// Whether who is asked is kept secret, from those who watch too.
  var isSecret = false
  /// Until when.
  var deadline: ContinuousClock.Instant
  /// The number of the exchange; nil while nobody is asked yet.
  var exchange: Int?
  /// Who is asked, and whose answer is in, in any order: each answer makes one of these.
  var cohort: [ParticipantID] = []
  var answered: [ParticipantID] = []
  /// Why it stands still, where it is not for want of answers.
  var problem: String?

  /// How long after a write that failed the next is tried.
  static let pauseOfDisk = Duration.seconds(2)

  /// As one line: `round 3: waiting for st-olav, 41 s left, 3 of 4 in`.
  func words(at now: ContinuousClock.Instant) -> String {
    let place = round.map { "round \($0)" } ?? "before round 1"
    if let problem {
      let pause = Int(Self.pauseOfDisk / .seconds(1))
      return "\(place): waiting for the server's disk: \(problem); tried again every \(pause) s"
    }
    let left = Figure.duration(seconds: max(0, (deadline - now) / .seconds(1)))
    let names = awaited.isEmpty ? "nobody" : listed(awaited.map(\.name), atMost: 3)
    guard let answers else {
      return isSecret
        ? "\(place), \(purpose): waiting for a secret sample of participants, \(left) left"
        : "\(place): waiting for \(names) to join, \(left) left"
    }
    return "\(place), \(purpose): waiting for \(names), \(left) left, \(answers.count) of \(answers.asked) in"
  }

  /// As an event for those who watch.
  func event(at now: ContinuousClock.Instant) -> Data {
    let event = Event(
      round: round, purpose: purpose, names: awaited.map(\.name),
      secondsLeft: max(0, Int((deadline - now) / .seconds(1))), count: answers?.count, asked: answers?.asked,
      problem: problem, text: words(at: now))
    // Safe because numbers and strings are all that is in it.
    return (try? CanonicalJSON.encode(event)) ?? Data()
  }

  private struct Event: Encodable {
    var event = "waiting"
    var round: Int?
    var purpose: String
    var names: [String]
    var secondsLeft: Int
    var count: Int?
    var asked: Int?
    var problem: String?
    var text: String

    private enum CodingKeys: String, CodingKey {
      case event, round, purpose, asked, problem, text
      case names = "for"
      case secondsLeft = "seconds_left"
      case count = "answers"
    }
  }
}

extension RunEngine {
  /// What the run waits for now; nil when it is over.
  ///
  /// - Parameter clock: the instant of a real clock that a time of the run is.
  func waiting(_ clock: (Instant) -> ContinuousClock.Instant) -> Waiting? {
    let round = lastRound < rounds ? lastRound + 1 : lastRound
    switch phase {
    case .over: return nil
    case .gathering(let exchange, let deadline, let stall):
      return Waiting(
        round: round, rounds: rounds, purpose: purpose(of: type(of: exchange.query).kind),
        awaited: absent(from: exchange),
        answers: nil, deadline: clock(stall?.retry ?? deadline), problem: stall?.problem.description)
    case .collecting(let open) where open.disclosure.isSecret:
      return secret(open, until: clock(open.deadline))
    case .closing(let open, _, let stall) where open.disclosure.isSecret:
      return secret(
        open, until: clock(stall?.retry ?? open.deadline), problem: stall?.problem.description)
    case .collecting(let open):
      return Waiting(
        round: round, rounds: rounds, purpose: purpose(of: open.kind), awaited: open.awaited,
        answers: (open.answers.count, open.machine.cohort.count), deadline: clock(open.deadline),
        exchange: open.number, cohort: open.machine.cohort, answered: Array(open.answers.keys))
    case .closing(let open, _, let stall):
      return Waiting(
        round: round, rounds: rounds, purpose: purpose(of: open.kind), awaited: [],
        answers: (open.answers.count, open.machine.cohort.count),
        deadline: clock(stall?.retry ?? open.deadline),
        exchange: open.number, cohort: open.machine.cohort, answered: Array(open.answers.keys),
        problem: stall?.problem.description)
    }
  }

  private func secret(
    _ open: OpenExchange, until deadline: ContinuousClock.Instant, problem: String? = nil
  ) -> Waiting {
    Waiting(
      round: lastRound < rounds ? lastRound + 1 : lastRound, rounds: rounds, purpose: purpose(of: open.kind),
      awaited: [], answers: nil, isSecret: true, deadline: deadline, exchange: open.number, problem: problem)
  }

  private func purpose(of kind: String) -> String {
    switch kind {
    case "columns", "statistics": "preparing"
    case "initial-model": "starting"
    case "evaluate": "evaluating"
    case let kind where kind.hasPrefix("train-"): "training"
    case let kind: kind
    }
  }
}
