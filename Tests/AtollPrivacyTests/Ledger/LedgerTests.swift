import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `The privacy ledger` {
  private let patients: PrivacySubject
  private let round: PrivacyEvent

  init() throws {
    patients = try Sample.patients()
    round = try Sample.round()
  }

  @Test func `spending is the composition of all events, by the tightest accountant`() throws {
    var ledger = PrivacyLedger()
    for number in 0..<40 { try ledger.spend(round, number) }
    let survey = try PrivacyEvent(.laplace(scale: 4))
    try ledger.charge(
      survey, for: .named("analytics/survey-3"), of: patients, unit: .record, relation: .addOrRemoveOne,
      at: Sample.noon)
    let spent = try ledger.spending(of: patients, delta: 1e-6, unit: .record, relation: .addOrRemoveOne)
    let expected = try PrivacyAccounting.epsilon(
      of: PrivacyEvent(.composed([PrivacyEvent(.repeated(round, times: 40)), survey])), delta: 1e-6)
    #expect(spent == expected)
    #expect(spent.unit == .record && !spent.accountant.isEmpty)
  }

  @Test func `equal events are gathered, however they were told`() throws {
    var ledger = PrivacyLedger()
    for number in 0..<20_000 { try ledger.spend(number % 2 == 0 ? round : Sample.gaussian(50), number) }
    try ledger.spend(PrivacyEvent(.repeated(PrivacyEvent(.composed([round, round])), times: 3)), 20_000)
    let event = try ledger.event(of: patients, unit: .record, relation: .addOrRemoveOne)
    let gathered = try PrivacyEvent(
      .composed([
        PrivacyEvent(.repeated(round, times: 10_006)),
        PrivacyEvent(.repeated(Sample.gaussian(50), times: 10_000)),
      ]))
    #expect(event == gathered)
  }

  @Test func `more normal mechanisms than an event has parts are told as one, and as no less`() throws {
    var tally = EventTally()
    var precision = 0.0
    for number in 0..<12_000 {
      let noise = 100 + Double(number) / 1000
      precision += 1 / (noise * noise)
      try tally.add(Sample.gaussian(noise))
    }
    let event = try tally.event()
    #expect(event.nodes < 10)
    let merged = try #require(event.gaussianPrecision)
    #expect(merged >= precision && merged < precision * (1 + 1e-9))
  }

  @Test func `the same activity is charged once, and with one event only`() throws {
    var ledger = PrivacyLedger()
    let budget = try Sample.budget(0.3, delta: 1e-5)
    let first = try ledger.charge(
      round, for: Sample.exchange(0), of: patients, within: budget, at: Sample.noon)
    let before = ledger
    let again = try ledger.charge(
      round, for: Sample.exchange(0), of: patients, within: budget, at: "2026-05-17T13:00:00Z")
    #expect(again == first && again.time == Sample.noon)
    #expect(ledger == before)
    #expect(
      throws: PrivacyError(
        .invalid,
        "round 1 of run study-1 was charged with another event, by entry 1: it cannot be another now")
    ) {
      try ledger.charge(
        Sample.round(noise: 2), for: Sample.exchange(0), of: patients, within: budget, at: Sample.noon)
    }
    // What was paid for may be released, also when the owner has lowered the budget since.
    #expect(
      try ledger.charge(
        round, for: Sample.exchange(0), of: patients, within: Sample.budget(1e-6), at: Sample.noon) == first)
    #expect(ledger == before)
  }

  @Test func `subjects are told apart by what they are, not by their names`() throws {
    var ledger = PrivacyLedger()
    let renamed = try Sample.patients(named: "patients (2026)")
    let others = try Sample.patients("2")
    let members = try PrivacySubject.population("members", at: "fl.north.example")
    for (number, subject) in [patients, renamed, others, members].enumerated() {
      try ledger.charge(
        Sample.gaussian(2), for: Sample.exchange(number), of: subject, unit: .record,
        relation: .addOrRemoveOne,
        at: Sample.noon)
    }
    #expect(ledger.subjects == [patients, others, members])
    #expect(ledger.subjects.first?.name == "patients (2026)")
    let event = try ledger.event(of: patients, unit: .record, relation: .addOrRemoveOne)
    #expect(event == (try PrivacyEvent(.repeated(Sample.gaussian(2), times: 2))))
  }

  @Test func `units and relations are never mixed`() throws {
    var ledger = PrivacyLedger()
    let noise = try Sample.gaussian(2)
    try ledger.charge(
      noise, for: Sample.exchange(0), of: patients, unit: .record, relation: .zeroOut, at: Sample.noon)
    for (unit, relation) in [
      (PrivacyUnit.participant, .zeroOut), (.record, NeighboringRelation.addOrRemoveOne),
    ] {
      let refused = #expect(throws: PrivacyError.self) {
        try ledger.spending(of: patients, delta: 1e-6, unit: unit, relation: relation)
      }
      #expect(refused?.code == .unsupported)
      #expect(
        refused?.message.contains("entry 1, round 1 of run study-1, is told per record under zero-out")
          == true)
      #expect(throws: PrivacyError.self) {
        try ledger.charge(
          noise, for: Sample.exchange(1), of: patients,
          within: Sample.budget(10, unit: unit, relation: relation), at: Sample.noon)
      }
    }
    #expect(ledger.entries.count == 1)
    // Of one release both may be told: then each account knows of everything, and counts its own.
    try ledger.charge(
      Sample.gaussian(4), for: Sample.exchange(0), of: patients,
      within: Sample.budget(10, unit: .participant, relation: .zeroOut), at: Sample.noon)
    let records = try ledger.event(of: patients, unit: .record, relation: .zeroOut)
    let participants = try ledger.event(of: patients, unit: .participant, relation: .zeroOut)
    #expect(records == noise)
    #expect(participants == (try Sample.gaussian(4)))
    #expect(ledger.statements(of: patients).map(\.unit) == [.record, .participant])
  }

  @Test func `an event without meaning under the relation is refused, with and without a budget`() throws {
    var ledger = PrivacyLedger()
    #expect(throws: PrivacyError.self) {
      try ledger.charge(
        round, for: Sample.exchange(0), of: patients, unit: .record, relation: .replaceOne, at: Sample.noon)
    }
    #expect(throws: PrivacyError.self) {
      try ledger.charge(
        round, for: Sample.exchange(0), of: patients, within: Sample.budget(9, relation: .replaceOne),
        at: Sample.noon)
    }
    #expect(ledger == PrivacyLedger())
  }

  @Test func `a clock that jumps back is told, and changes no order`() throws {
    var ledger = PrivacyLedger()
    for (number, hour) in [12, 14, 9, 10].enumerated() {
      try ledger.charge(
        round, for: Sample.exchange(number), of: patients, unit: .record, relation: .addOrRemoveOne,
        at: "2026-05-17T\(hour < 10 ? "0" : "")\(hour):00:00Z")
    }
    #expect(ledger.clockJumps == [3])
    #expect(ledger.entries.map(\.sequence) == [1, 2, 3, 4])
    #expect(ledger.statements(of: patients).first?.last.sequence == 4)
  }

  @Test func `encoded and decoded it is the same, and is held against the rules`() throws {
    var ledger = PrivacyLedger()
    for number in 0..<5 { try ledger.spend(round, number) }
    try ledger.charge(
      .nonPrivate, for: .named("census"), of: .population("members", at: "fl.example"), unit: .participant,
      relation: .zeroOut, at: Sample.noon)
    let bytes = try JSONEncoder().encode(ledger)
    #expect(try JSONDecoder().decode(PrivacyLedger.self, from: bytes) == ledger)
    let spent = try ledger.spending(
      of: ledger.subjects[1], delta: 0.1, unit: .participant, relation: .zeroOut)
    #expect(spent.epsilon == .infinity)
    // Lines that were put in another order, left out or doubled are no ledger.
    for lawless in [
      Array(ledger.entries.dropFirst()), ledger.entries.reversed(), ledger.entries + [ledger.entries[0]],
    ] {
      #expect(throws: PrivacyError.self) { _ = try PrivacyLedger(lawless) }
    }
    let first = ledger.entries[0]
    let twice = LedgerEntry(
      sequence: 2, subject: first.subject, unit: first.unit, relation: first.relation,
      activity: first.activity,
      event: first.event, time: first.time)
    #expect(
      throws: PrivacyError(.invalid, "entry 2 charges round 1 of run study-1 again, which entry 1 did")
    ) { _ = try PrivacyLedger([first, twice]) }
  }

  @Test(arguments: ["", "a\nb", "a\u{1B}[2Jb", "a\u{202E}b", String(repeating: "a", count: 201)])
  func `names that are none are refused, in files too`(_ name: String) throws {
    #expect(throws: PrivacyError.self) { try Sample.patients(named: name) }
    #expect(throws: PrivacyError.self) { try PrivacyActivity.named(name) }
    #expect(throws: PrivacyError.self) { try PrivacyActivity.exchange(0, of: name) }
    #expect(throws: PrivacyError.self) { try PrivacySubject.population("members", at: name) }
    let file = try JSONSerialization.data(withJSONObject: ["name": name])
    #expect(throws: (any Error).self) { try JSONDecoder().decode(PrivacyActivity.self, from: file) }
    var ledger = PrivacyLedger()
    #expect(throws: PrivacyError.self) {
      try ledger.charge(
        round, for: Sample.exchange(0), of: patients, unit: .record, relation: .addOrRemoveOne, at: name)
    }
  }

  @Test func `a head reads back from its text, and from nothing else`() throws {
    let head = LedgerHead(sequence: 41, hash: .ofNothing)
    #expect(LedgerHead("\(head)") == head)
    for text in ["", "41", "41:", "-1:\(ContentHash.ofNothing)", "41:41d0", ":\(ContentHash.ofNothing)"] {
      #expect(LedgerHead(text) == nil)
    }
  }
}
