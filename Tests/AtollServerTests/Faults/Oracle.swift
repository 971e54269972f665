import AtollFederation
import AtollNumerics
import AtollWire
import Foundation

/// Knows what a run over given contributors must give, and notes whatever else happens.
///
/// It steps with every commit: from the contributors alone it computes each answer, what each participant then
/// remembers, and the program's bytes.
final class Oracle {
  private var program: Ladder
  private let population: Roster
  private let seed: UInt64
  private let blobs = MemoryRunStore(keepsRecords: false)
  private let workbench = Workbench()
  /// What each participant must remember after an exchange in which its answer counted.
  private(set) var memories: [ParticipantID: [Int: LocalState]] = [:]
  private var latest: [ParticipantID: LocalState] = [:]
  private(set) var exchange = 0
  private(set) var violations: [String] = []

  // What the server's adapter saw of the exchange that is open.
  /// When it was opened, by a clock that nobody can set, in milliseconds.
  var opened = 0
  var declined: Set<ParticipantID> = []
  var clock = 0

  init(_ program: Ladder, population: Roster, seed: UInt64) {
    (self.program, self.population, self.seed) = (program, population, seed)
  }

  func violate(_ words: String) { violations.append(words) }

  /// The result, where nothing is left to ask.
  var outcome: [Int64]? { if case .finish(let sums) = program.next() { sums } else { nil } }

  /// An exchange was committed.
  func committed(_ record: ExchangeRecord, _ answers: [ParticipantID: ContentHash]) throws {
    guard record.exchange == exchange else {
      return violate("exchange \(record.exchange) is committed, \(exchange) comes next")
    }
    guard case .exchange(let asked) = program.next() else { return violate("a commit after the end") }
    let contributors = record.contributors.map(\.participant)
    guard Set(contributors).count == contributors.count, Set(contributors) == Set(answers.keys) else {
      return violate("exchange \(exchange): contributors are not those whose answers are in the sum")
    }
    let cohort = asked.audience.cohort(of: population.participants, seed: seed, exchange: exchange)
    checkCompletion(asked, contributors, cohort)
    guard case .sums(let specs) = asked.query.reply else { return }
    var sum = ExactSum(counts: specs.map(\.count))
    for participant in contributors {
      let (bytes, memory) = try answer(of: participant, to: asked.query)
      if ContentHash(of: bytes) != answers[participant] {
        violate(
          "exchange \(exchange): the answer of \(participant) in the sum is not its answer to this question")
      }
      if case .term(let term) = try EncodedAnswer.decode(bytes, answering: asked.query) { sum.add(term) }
      latest[participant] = memory
      memories[participant, default: [:]][exchange] = memory
    }
    _ = program.absorb(
      ExchangeResult(
        contributors: contributors, cohort: cohort.count, population: population.count,
        shape: asked.query.reply,
        sum: sum))
    if try ContentHash(of: CanonicalJSON.encode(program, blobs: blobs)) != record.program {
      violate("exchange \(exchange): the program has other bytes than the run over the same contributors")
    }
    exchange += 1
    declined = []
  }

  private func checkCompletion(_ asked: Exchange, _ contributors: [ParticipantID], _ cohort: [ParticipantID])
  {
    if contributors.count < asked.completion.required(of: cohort.count)
      || !Set(contributors).isSubset(of: cohort)
    {
      violate("exchange \(exchange) is closed with \(contributors.count) of \(cohort.count)")
    }
    let silent = Set(cohort).subtracting(contributors).subtracting(declined)
    let waited = Duration.milliseconds(clock - opened)
    if !silent.isEmpty, waited < asked.completion.deadline {
      violate(
        "exchange \(exchange) is closed after \(waited), before its deadline, without \(silent.sorted())")
    }
  }

  private func answer(of participant: ParticipantID, to query: any Query) throws -> (Data, LocalState) {
    var context = LocalContext(
      participant: participant, data: .ofNobody, exchange: exchange, seed: seed,
      state: latest[participant] ?? LocalState(), workbench: workbench)
    let reply = try WorkerRegistry(Climber()).answerer(of: query, on: workbench)(&context)
    return (try EncodedAnswer.encode(reply, to: query, protection: .none), context.state)
  }
}
