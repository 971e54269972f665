import AtollNumerics

/// Executes one exchange: decides everything (who is asked, who is late, when enough is enough) and does nothing.
///
/// A value without clock, sockets or tensors. A driver feeds it what happened and carries out what it answers; the
/// simulator, the server and the fault simulator are three drivers of this one machine.
package struct RoundMachine: Sendable {
  /// What happened.
  package enum Event: Hashable, Sendable {
    case opened
    /// Secret coins fell on these, as `draw` asked for.
    case drawn([ParticipantID])
    /// A participant is reachable. Those of the population are taken to be, until they leave.
    case arrived(ParticipantID)
    /// A participant is out of reach; it may come back before the deadline.
    case left(ParticipantID)
    /// A participant answered the question of that exchange.
    case answered(ParticipantID, exchange: Int)
    /// All who were asked in this exchange and still compute answered, in the order of their names.
    case everyoneAnswered
    /// A participant will not answer, by its policy or because it cannot.
    case declined(ParticipantID)
    case deadlinePassed
    case cancelled
  }

  /// What the driver has to do.
  package enum Effect: Hashable, Sendable {
    /// Draws each of the population with that probability by secret coins, keeps the outcome durably, then tells it as `drawn`.
    case draw(rate: Double)
    case instruct(ParticipantID)
    case setDeadline(Instant)
    /// Adds the participant's answer, given to the question of that exchange, to the sum.
    case accept(ParticipantID, exchange: Int)
    /// Keeps the answer for the next exchange that takes answers to that question.
    case keep(ParticipantID, exchange: Int)
    case refuse(ParticipantID, Refusal)
    /// Absorbs the sum, then commits.
    case commit([Contributor])
    case abandon(Abandonment)
  }

  /// Why an answer is not taken. Every refusal is counted; none ends the exchange.
  package enum Refusal: String, Hashable, Codable, Sendable {
    case notInvited, duplicate, late, stale
  }

  /// Why an exchange ended without a sum.
  package enum Abandonment: Hashable, Sendable {
    case tooFewReachable(Int, required: Int)
    case tooFewAnswers(Int, required: Int)
    case cancelled
  }

  private enum State: Sendable {
    /// Nothing asked yet. Becomes `drawing`, `collecting` or `closed`.
    case created
    /// Waiting for secret coins. Becomes `collecting` or `closed`.
    case drawing
    /// Waiting for answers. Becomes `closed`.
    case collecting
    /// Terminal.
    case closed
  }

  package let exchange: Int
  package let completion: Completion
  /// Those who were asked in this exchange, in ascending order; empty before it is opened.
  package private(set) var cohort: [ParticipantID] = []
  /// Those who still compute: what goes over into the next exchange.
  package var computing: [ParticipantID: Work] {
    guard isUntouched else { return atWork }
    let work = Work(exchange: exchange)
    return Dictionary(uniqueKeysWithValues: cohort.map { ($0, work) })
  }
  /// Answers that were taken.
  package private(set) var accepted: [Contributor] = []

  /// What one participant computes.
  package struct Work: Hashable, Codable, Sendable {
    /// The exchange that asked.
    package let exchange: Int
    /// How many exchanges with a buffer have closed without the answer since.
    package var age: Int

    package init(exchange: Int, age: Int = 0) {
      self.exchange = exchange
      self.age = age
    }
  }

  private var atWork: [ParticipantID: Work]
  /// The whole cohort computes, for this exchange: then who is at work need not be written down, and in simulations the
  /// exchange is over before anybody wants to know.
  private var isUntouched = false
  /// Work of exchanges with a buffer, while this one has none: it goes on beside, and its answers are kept.
  private let beside: [ParticipantID: Work]
  private let audience: Audience
  private let population: Roster
  private let seed: UInt64
  /// Those of the population who are out of reach.
  private var away: Set<ParticipantID> = []
  private var declined: Set<ParticipantID> = []
  private var state = State.created

  /// - Parameters:
  ///   - exchange: number of the exchange, from 0.
  ///   - population: all participants of the run.
  ///   - seed: the run's seed; with the number of the exchange it decides the cohort.
  ///   - computing: what the exchange before left behind (asynchronous work only).
  package init(
    exchange: Int, audience: Audience, completion: Completion, population: Roster, seed: UInt64,
    computing: [ParticipantID: Work] = [:]
  ) {
    self.exchange = exchange
    self.audience = audience
    self.completion = completion
    self.population = population
    self.seed = seed
    // An evaluation between two asynchronous rounds asks everyone, also those who still train.
    atWork = completion.buffer == nil ? [:] : computing
    beside = completion.buffer == nil ? computing : [:]
  }

  /// The same for one exchange alone: a driver of many makes the roster once.
  public init(
    exchange: Int, audience: Audience, completion: Completion, population: [ParticipantID], seed: UInt64,
    computing: [ParticipantID: Work] = [:]
  ) {
    self.init(
      exchange: exchange, audience: audience, completion: completion, population: Roster(population),
      seed: seed, computing: computing)
  }

  /// Answers needed before the exchange may close. None where who is asked is secret: what is missing counts as zero, and is
  /// not told.
  package var required: Int {
    if audience.isSecret { return 0 }
    if let buffer = completion.buffer { return min(buffer.size, max(1, cohort.count)) }
    return completion.required(of: cohort.count)
  }

  /// Takes one event and tells what follows from it.
  package mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
    switch (state, event) {
    case (.created, .opened): return open(at: now)
    case (.drawing, .drawn(let drawn)): return ask(drawn, at: now)
    case (.created, .arrived(let participant)), (.drawing, .arrived(let participant)),
      (.collecting, .arrived(let participant)):
      away.remove(participant)
      return []
    case (.created, .left(let participant)), (.drawing, .left(let participant)),
      (.collecting, .left(let participant)):
      away.insert(participant)
      return []
    case (.created, .cancelled), (.drawing, .cancelled), (.collecting, .cancelled):
      return close(.abandon(.cancelled))
    case (.collecting, .answered(let participant, let asked)): return take(participant, asked: asked)
    case (.collecting, .everyoneAnswered): return takeAll()
    case (.collecting, .declined(let participant)): return decline(participant)
    case (.collecting, .deadlinePassed):
      return close(
        accepted.count >= required
          ? .commit(accepted.sorted())
          : .abandon(.tooFewAnswers(accepted.count, required: required)))
    case (.closed, .answered(let participant, _)): return [.refuse(participant, .late)]
    case (_, .opened), (_, .drawn), (.created, _), (.drawing, _), (.closed, _): return []
    }
  }

  private mutating func open(at now: Instant) -> [Effect] {
    if case .poisson(let rate) = audience {
      // Before coins are tossed, for whether there are enough must not tell on whom they fell.
      let present = population.participants.count { !away.contains($0) }
      let required = completion.required(of: population.count)
      guard present >= required else {
        return close(.abandon(.tooFewReachable(present, required: required)))
      }
      state = .drawing
      return [.draw(rate: rate)]
    }
    cohort = audience.cohort(of: population.participants, seed: seed, exchange: exchange)
    // The quorum is tested before anyone is asked: nothing is spent on an exchange that cannot succeed.
    let present = reachable
    guard present >= required else {
      return close(.abandon(.tooFewReachable(present, required: required)))
    }
    return ask(at: now)
  }

  private mutating func ask(_ drawn: [ParticipantID], at now: Instant) -> [Effect] {
    cohort = drawn.sorted()
    return cohort.isEmpty ? close(.commit([])) : ask(at: now)
  }

  private mutating func ask(at now: Instant) -> [Effect] {
    state = .collecting
    var effects = [Effect.setDeadline(now + completion.deadline)]
    effects.reserveCapacity(cohort.count + 1)
    if atWork.isEmpty, cohortNamesEachOnce {
      isUntouched = true
      for participant in cohort { effects.append(.instruct(participant)) }
      return effects
    }
    for participant in cohort where atWork[participant] == nil {
      atWork[participant] = Work(exchange: exchange)
      effects.append(.instruct(participant))
    }
    return effects
  }

  /// Names that are given may be given twice.
  private var cohortNamesEachOnce: Bool {
    guard case .named = audience else { return true }
    return zip(cohort, cohort.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// Before single ones leave off computing.
  private mutating func touch() {
    guard isUntouched else { return }
    atWork = computing
    isUntouched = false
  }

  /// How many of the cohort are within reach.
  private var reachable: Int {
    // Only names that are given may be those of strangers.
    if case .named = audience { return cohort.count { population.contains($0) && !away.contains($0) } }
    return away.isEmpty ? cohort.count : cohort.count { !away.contains($0) }
  }

  private mutating func take(_ participant: ParticipantID, asked: Int) -> [Effect] {
    if !beside.isEmpty, beside[participant]?.exchange == asked {
      return [.keep(participant, exchange: asked)]
    }
    touch()
    guard let expected = atWork.removeValue(forKey: participant) else {
      let twice = accepted.contains { $0.participant == participant }
      return [.refuse(participant, twice ? .duplicate : .notInvited)]
    }
    guard expected.exchange == asked else {
      atWork[participant] = expected
      return [.refuse(participant, .late)]
    }
    guard expected.age <= completion.buffer?.maxStaleness ?? 0 else { return [.refuse(participant, .stale)] }
    accepted.append(Contributor(participant: participant, exchange: asked))
    var effects = [Effect.accept(participant, exchange: asked)]
    effects += closeIfComplete()
    return effects
  }

  private mutating func takeAll() -> [Effect] {
    guard isUntouched, completion.buffer == nil else {
      touch()
      var effects: [Effect] = []
      for (participant, work) in atWork.sorted(by: { $0.key < $1.key }) where work.exchange == exchange {
        guard state == .collecting else { break }
        effects += take(participant, asked: exchange)
      }
      return effects
    }
    // The cohort is in ascending order already.
    isUntouched = false
    accepted = cohort.map { Contributor(participant: $0, exchange: exchange) }
    return cohort.map { .accept($0, exchange: exchange) } + close(.commit(accepted))
  }

  private mutating func decline(_ participant: ParticipantID) -> [Effect] {
    touch()
    guard atWork.removeValue(forKey: participant) != nil else { return [] }
    declined.insert(participant)
    return closeIfComplete()
  }

  private mutating func closeIfComplete() -> [Effect] {
    if let buffer = completion.buffer, accepted.count >= buffer.size {
      return close(.commit(accepted.sorted()))
    }
    guard atWork.isEmpty else { return [] }
    return close(
      accepted.count >= required
        ? .commit(accepted.sorted()) : .abandon(.tooFewAnswers(accepted.count, required: required)))
  }

  private mutating func close(_ effect: Effect) -> [Effect] {
    touch()
    state = .closed
    // Only asynchronous work outlives its exchange.
    atWork =
      completion.buffer == nil ? beside : atWork.mapValues { Work(exchange: $0.exchange, age: $0.age + 1) }
    return [effect]
  }
}

/// Whose answer is in a sum, and the exchange whose question it answers.
public struct Contributor: Hashable, Comparable, Codable, Sendable {
  /// Whose answer it is.
  public let participant: ParticipantID
  /// Number of the exchange whose question it answers.
  public let exchange: Int

  public init(participant: ParticipantID, exchange: Int) {
    self.participant = participant
    self.exchange = exchange
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.participant, left.exchange) < (right.participant, right.exchange)
  }
}

extension Audience {
  /// The cohort of an exchange, in ascending order: a function of the population, the seed and the exchange's number.
  package func cohort(of population: [ParticipantID], seed: UInt64, exchange: Int) -> [ParticipantID] {
    switch self {
    case .all: return population
    case .named(let names): return names.sorted()
    case .poisson: preconditionFailure("public coins draw no secret cohort")
    case .sample, .count:
      var coins = RandomStream(seed: seed, purpose: .cohort, round: exchange)
      return coins.sample(size(of: population.count), of: population.count).map { population[$0] }
    case .turn(_, let round):
      // One order for all rounds. Of N in a circle, c in a round: turns are ⌊N/c⌋ rounds apart or one more.
      var coins = RandomStream(seed: seed, purpose: .cohort, step: 1)
      var order = Array(population.indices)
      coins.shuffle(&order)
      let size = size(of: population.count)
      return (0..<size).map { order[(round * size + $0) % order.count] }.sorted().map { population[$0] }
    }
  }
}
