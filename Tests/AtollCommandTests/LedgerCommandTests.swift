import AtollNumerics
import AtollPrivacy
import AtollStore
import Foundation
import Testing

@Suite struct LedgerCommandTests {
  let folder: Folder
  let head: LedgerHead
  private let patients: PrivacySubject

  init() throws {
    folder = try Folder()
    patients = try .dataSet(ContentHash(of: [1]), at: "st-olav", named: "patients")
    let members = try PrivacySubject.population("members", at: "fl.north.example")
    let book = try LedgerBook(folder.path + "/ledger.jsonl", holder: "st-olav")
    let round = try PrivacyEvent(.gaussian(noiseMultiplier: 4))
    for number in 0..<3 {
      try book.charge(
        round, for: .exchange(number, of: "study-1", round: number + 1), of: patients, unit: .record,
        relation: .addOrRemoveOne, now: Date(timeIntervalSince1970: 1_800_000_000 + 60 * Double(number)))
    }
    head = book.head
    try book.charge(
      PrivacyEvent(.laplace(scale: 2)), for: .named("analytics/survey-3"), of: members, unit: .participant,
      relation: .zeroOut, now: Date(timeIntervalSince1970: 1_700_000_000))
  }

  private func run(_ arguments: String) throws -> Ended {
    try Program.shell(
      "$atoll privacy ledger ledger.jsonl \(arguments)", in: folder, environment: ["COLUMNS": "200"])
  }

  @Test func `what was spent is shown by subject, and said to hold`() throws {
    let ended = try run("--delta 1e-5")
    #expect(ended.status == 0, "\(ended.errors)")
    let expected = try PrivacyAccounting.epsilon(
      of: PrivacyEvent(.repeated(PrivacyEvent(.gaussian(noiseMultiplier: 4)), times: 3)), delta: 1e-5)
    let row = try #require(ended.lines.first { $0.hasPrefix("patients") })
    #expect(row.contains(" record ") && row.contains(" add-or-remove-one ") && row.contains(" 3 "))
    #expect(row.contains(Figure.fixed((expected.epsilon * 1000).rounded(.up) / 1000, 3)))
    #expect(row.contains(expected.accountant) && row.contains("2027-01-15T08:00:00Z   2027-01-15T08:02:00Z"))
    #expect(ended.output.contains("members") && ended.output.contains("unbroken, 4 entries"))
    #expect(ended.errors.contains("a clock was set back before entry 4"))
  }

  @Test func `as JSON it has every figure`() throws {
    let ended = try run("--json --delta 1e-5")
    let events = try ended.events().filter { $0["event"] as? String != "warning" }
    #expect(events.map { $0["event"] as? String } == ["spending", "spending", "ledger"])
    let spent = try PrivacyAccounting.epsilon(
      of: PrivacyEvent(.repeated(PrivacyEvent(.gaussian(noiseMultiplier: 4)), times: 3)), delta: 1e-5)
    #expect(ended.lines[0].contains("\"epsilon\":\(spent.epsilon),"))
    #expect(events[0]["accountant"] as? String == spent.accountant)
    #expect(events[0]["sha256"] as? String == ContentHash(of: [1]).hexadecimal)
    #expect((events[0]["last"] as? [String: Any])?["activity"] as? String == "round 3 of run study-1")
    #expect(
      events[1]["server"] as? String == "fl.north.example" && events[1]["unit"] as? String == "participant")
    #expect(events[2]["holds"] as? Bool == true && events[2]["clock_jumps"] as? [Int] == [4])
    let head = try #require(events[2]["head"] as? String)
    #expect(try run("--head \(head)").status == 0)
    #expect(try run("--head \(self.head)").status == 0, "the head of an earlier time")
  }

  @Test func `one subject is chosen by its name or its hash`() throws {
    for name in ["patients", ContentHash(of: [1]).hexadecimal, "\(ContentHash(of: [1]))"] {
      let events = try run("--json --subject \(name)").events()
      #expect(events.compactMap { $0["subject"] as? String } == ["patients"])
    }
    let missing = try run("--subject nobody")
    #expect(missing.status == 65)
    #expect(missing.errors.contains("ledger.jsonl: nothing was charged of “nobody”"))
  }

  @Test func `units that do not add up are told apart, and neither says all`() throws {
    let book = try LedgerBook(folder.path + "/ledger.jsonl", holder: "st-olav")
    try book.charge(
      PrivacyEvent(.laplace(scale: 2)), for: .named("census"), of: patients, unit: .participant,
      relation: .zeroOut)
    let ended = try run("--subject patients")
    #expect(ended.status == 0)
    #expect(ended.lines.filter { $0.hasPrefix("patients") }.count == 2)
    let words = ended.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("entry 5, census, is told per participant under zero-out and not per record"))
    let events = try run("--subject patients --json").events().filter { $0["event"] as? String == "spending" }
    #expect(events[0]["epsilon"] is NSNull && (events[0]["refusal"] as? String)?.isEmpty == false)
  }

  @Test func `data that changed are told to be several`() throws {
    let book = try LedgerBook(folder.path + "/ledger.jsonl", holder: "st-olav")
    try book.charge(
      PrivacyEvent(.laplace(scale: 2)), for: .named("census"),
      of: .dataSet(ContentHash(of: [2]), at: "st-olav", named: "patients"), unit: .record,
      relation: .addOrRemoveOne)
    #expect(try run("").errors.contains("“patients” is 2 data sets, as it changed"))
  }

  @Test func `an edited or older ledger exits with 1, and no ledger with 65`() throws {
    let text = try folder.text("ledger.jsonl")
    try folder.write(text.replacing("\"scale\":2", with: "\"scale\":9"), to: "ledger.jsonl")
    let edited = try run("")
    #expect(edited.status == 1)
    #expect(edited.errors.contains("ledger.jsonl: line 5, the last, is not the one that was written"))
    try folder.write(text, to: "ledger.jsonl")
    let later = LedgerHead(sequence: 9, hash: .ofNothing)
    let older = try run("--head \(later) --json")
    #expect(older.status == 1)
    let events = try older.events().filter { $0["event"] as? String != "warning" }
    #expect(events[2]["holds"] as? Bool == false && events.last?["event"] as? String == "error")
    #expect((events[2]["fault"] as? String)?.contains("it is an older copy") == true)
    #expect(try Program.run("privacy", "ledger", "nothing.jsonl", in: folder).status == 65)
    for wrong in ["--head 41d0", "--delta 1", "--delta x"] { #expect(try run(wrong).status == 64) }
  }

  @Test func `of a file that is no ledger nothing is shown`() throws {
    for text in ["", "a,b\n1,2\n", "cut off"] {
      try folder.write(text, to: "ledger.jsonl")
      let ended = try run("")
      #expect(ended.status == 1 && ended.output.isEmpty)
      #expect(ended.errors.contains("ledger.jsonl: line 1 is not that of a privacy ledger"))
      #expect(!ended.errors.contains("never finished"))
      #expect(try run("--json").events().map { $0["event"] as? String } == ["error"])
    }
  }
}
