import AtollNumerics
import AtollPrivacy
import Foundation
import Testing

@testable import AtollStore

@Suite struct LedgerBookTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-ledger-\(UUID().uuidString)"
  private var path: String { folder + "/ledger.jsonl" }
  private var head: String { path + ".head" }
  private let event: PrivacyEvent
  private let patients: PrivacySubject
  private let budget: PrivacyBudget

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    event = try PrivacyEvent(.gaussian(noiseMultiplier: 10))
    patients = try .dataSet(.ofNothing, at: "st-olav", named: "patients")
    budget = try PrivacyBudget(epsilon: 2, delta: 1e-6, unit: .record, relation: .addOrRemoveOne)
  }

  private func open(kept: LedgerHead? = nil) throws -> LedgerBook {
    try LedgerBook(path, holder: "st-olav", kept: kept)
  }

  private func charge(_ round: Int, in book: LedgerBook) throws {
    try book.charge(event, for: .exchange(round, of: "study-1"), of: patients, within: budget)
  }

  /// Opens the book, charges so many further rounds and closes it.
  private func write(_ count: Int) throws {
    let book = try open()
    for round in book.head.sequence..<book.head.sequence + count { try charge(round, in: book) }
  }

  private func lines() throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private func rewrite(_ lines: [String]) throws {
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func fault(_ kept: LedgerHead? = nil) throws -> LedgerAudit.Fault? {
    try LedgerAudit(contentsOf: path, kept: kept).fault
  }

  /// The book is refused, with a sentence.
  private func refusal(_ kept: LedgerHead? = nil) throws -> String {
    let error = try #require(#expect(throws: StoreError.self) { _ = try open(kept: kept) })
    #expect(error.code == .corrupt)
    return error.message
  }

  // MARK: What it keeps

  @Test func `a charge is in the book before it returns, and comes back`() throws {
    let began = Date(timeIntervalSince1970: 1_800_000_000)
    var book: LedgerBook? = try LedgerBook(path, holder: "st-olav", now: began)
    let entry = try book?.charge(
      event, for: .exchange(3, of: "study-1", round: 4), of: patients, within: budget, now: began)
    #expect(entry?.sequence == 1 && entry?.time == "2027-01-15T08:00:00Z")
    let lines = try lines()
    #expect(lines.count == 2)
    #expect(book?.head == LedgerHead(sequence: 1, hash: ContentHash(of: Array(lines[1].utf8))))
    #expect(lines[1].contains(ContentHash(of: Array(lines[0].utf8)).hexadecimal))
    let audit = try LedgerAudit(contentsOf: path)
    #expect(audit.fault == nil && audit.holder == "st-olav" && audit.head == book?.head)
    #expect(audit.ledger == book?.ledger)
    book = nil
    let again = try open()
    #expect(again.ledger.entries == [entry])
    #expect(again.ledger.entries.first?.activity.round == 4)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `what is begun anew after a crash is charged once`() throws {
    try write(3)
    let book = try open()
    try charge(2, in: book)
    #expect(book.head.sequence == 3)
    #expect(throws: PrivacyError.self) {
      try book.charge(.nonPrivate, for: .exchange(2, of: "study-1"), of: patients, within: budget)
    }
    try charge(3, in: book)
    #expect(try LedgerAudit(contentsOf: path).ledger.entries.count == 4)
  }

  @Test func `the budget is a hard stop, over restarts, and a refusal writes nothing`() throws {
    let most = try PrivacyLedger().rounds(of: event, for: patients, within: budget)
    try write(most - 1)
    try write(1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let book = try open()
    let refused = #expect(throws: PrivacyError.self) { try charge(most, in: book) }
    #expect(refused?.code == .exhausted)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    #expect(book.head.sequence == most && book.ledger.entries.count == most)
    // Without a limit it is written all the same, for those who want to know.
    try book.charge(
      event, for: .named("survey"), of: patients, unit: .record, relation: .addOrRemoveOne)
    #expect(book.ledger.entries.count == most + 1)
  }

  @Test func `a clock that is set back is told and not refused`() throws {
    let book = try open()
    for (round, time) in [1_800_000_000.0, 1_700_000_000, 1_700_000_060].enumerated() {
      try book.charge(
        event, for: .exchange(round, of: "study-1"), of: patients, within: budget,
        now: Date(timeIntervalSince1970: time))
    }
    let audit = try LedgerAudit(contentsOf: path)
    #expect(audit.fault == nil && audit.ledger.clockJumps == [2])
  }

  // MARK: What it refuses

  @Test func `another holder's book, a book of receipts and any other file are refused, and left alone`()
    throws
  {
    try write(1)
    #expect(throws: StoreError.self) { _ = try LedgerBook(path, holder: "ashford") }
    for text in ["no newline", "a line\n", "{\"atoll\":\"receipts\",\"version\":1}\n", "{\"atoll\":\"rec"] {
      let other = folder + "/other"
      try text.write(toFile: other, atomically: true, encoding: .utf8)
      #expect(throws: StoreError.self) { _ = try LedgerBook(other, holder: "st-olav") }
      #expect(try String(contentsOfFile: other, encoding: .utf8) == text)
    }
  }

  @Test(arguments: 1...4)
  func `an entry that was edited is named`(_ line: Int) throws {
    try write(4)
    var lines = try lines()
    lines[line] = lines[line].replacing("\"noiseMultiplier\":10", with: "\"noiseMultiplier\":90")
    try rewrite(lines)
    #expect(try fault() == .chain(line == 4 ? .lastChanged(line: 5) : .changed(line: line + 2)))
    #expect(try refusal().hasSuffix("nothing is released until a person has looked"))
  }

  @Test func `entries that were moved, taken out, doubled or cut off are named`() throws {
    try write(4)
    let lines = try lines()
    try rewrite([lines[0], lines[1], lines[3], lines[2], lines[4]])
    #expect(try refusal().hasPrefix("line 3 has entry 3 where 2 belongs"))
    try rewrite([lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]])
    #expect(try refusal().hasPrefix("line 3 has entry 1 where 2 belongs"))
    try rewrite(Array(lines[..<3]))
    #expect(try refusal().hasPrefix("it ends after entry 2, and 4 were written"))
    try rewrite(lines)
    #expect(try fault() == nil)
    try FileManager.default.removeItem(atPath: head)
    #expect(try fault() == .chain(.noHead(head)))
    #expect(throws: StoreError.self) { _ = try open() }
  }

  @Test func `a chain that is sound and breaks a rule is refused`() throws {
    try write(1)
    // Forged with its links and its head: the same round charged twice.
    var lines = try lines()
    let link = ContentHash(of: Array(lines[1].utf8))
    lines.append(
      lines[1].replacing("\"sequence\":1", with: "\"sequence\":2")
        .replacing(ContentHash(of: Array(lines[0].utf8)).hexadecimal, with: link.hexadecimal))
    try rewrite(lines)
    try ChainHead(number: 2, hash: ContentHash(of: Array(lines[2].utf8))).write(for: path)
    #expect(try refusal().hasPrefix("line 3: entry 2 charges exchange 0 of run study-1 again"))
  }

  @Test func `a ledger that is gone or empty is no new ledger while its head is there`() throws {
    try write(2)
    try FileManager.default.removeItem(atPath: path)
    #expect(try refusal().hasPrefix("it ends after entry 0, and 2 were written"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
    #expect(
      try refusal().hasPrefix("it ends after entry 0, and 2 were written"), "asked again, it is the same")
  }

  @Test func `an older copy of book and head is told by a head that was kept elsewhere`() throws {
    try write(2)
    let (oldBook, oldHead) = (
      try Data(contentsOf: URL(fileURLWithPath: path)), try Data(contentsOf: URL(fileURLWithPath: head))
    )
    let early = try open().head
    try write(2)
    let kept = try open().head
    #expect(kept.sequence == 4)
    #expect(try open(kept: early).head == kept && open(kept: kept).head == kept)
    try oldBook.write(to: URL(fileURLWithPath: path))
    try oldHead.write(to: URL(fileURLWithPath: head))
    #expect(try fault() == nil, "the two agree with each other")
    #expect(try fault(kept) == .rolledBack(found: 2, kept: 4))
    #expect(
      try refusal(kept).hasPrefix("it ends after entry 2, and the head that was kept elsewhere is of entry 4")
    )
    // Gone on from there, it is another history, however long it gets.
    try write(1)
    #expect(try fault(kept) == .rolledBack(found: 3, kept: 4))
    try open().charge(
      event, for: .named("survey"), of: patients, unit: .record, relation: .addOrRemoveOne)
    #expect(try fault(kept) == .otherHistory(sequence: 4))
    #expect(try fault(early) == nil)
  }

  // MARK: What goes on

  @Test func `a line that a kill cut off is taken away, for nothing was released for it`() throws {
    try write(2)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try (whole + Data("{\"activity\":{\"exch".utf8)).write(to: URL(fileURLWithPath: path))
    let audit = try LedgerAudit(contentsOf: path)
    #expect(audit.fault == nil && audit.torn == 18)
    try write(1)
    #expect(try fault() == nil)
    #expect(try LedgerAudit(contentsOf: path).head.sequence == 3)
  }

  @Test func `a kill while a book is begun leaves nothing in the way`() throws {
    try write(0)
    let title = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in 0..<title.count {
      try title.prefix(count).write(to: URL(fileURLWithPath: path))
      if count % 2 == 0 { try FileManager.default.removeItem(atPath: head) }
      try write(0)
      #expect(try fault() == nil, "\(count) bytes of the title")
    }
    try write(1)
    #expect(try fault() == nil)
  }

  @Test func `a kill between a line and its head leaves a book that goes on`() throws {
    try write(2)
    let behind = try Data(contentsOf: URL(fileURLWithPath: head))
    try write(1)
    try behind.write(to: URL(fileURLWithPath: head))
    try write(1)
    #expect(try LedgerAudit(contentsOf: path).head.sequence == 4)
  }

  @Test func `a charge whose head cannot be written is taken back`() throws {
    let book = try open()
    try charge(0, in: book)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let kept = try Data(contentsOf: URL(fileURLWithPath: head))
    // A folder with something in it is no place for a file.
    try FileManager.default.removeItem(atPath: head)
    try FileManager.default.createDirectory(atPath: head + "/x", withIntermediateDirectories: true)
    let refused = #expect(throws: StoreError.self) { try charge(1, in: book) }
    #expect(refused?.code == .cannotWrite)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    #expect(book.head.sequence == 1 && book.ledger.entries.count == 1)
    try FileManager.default.removeItem(atPath: head)
    try kept.write(to: URL(fileURLWithPath: head))
    try charge(1, in: book)
    #expect(try fault() == nil)
    #expect(try LedgerAudit(contentsOf: path).head == book.head)
  }

  @Test func `a file that somebody else writes to, or puts another in place of, gets no more charges`() throws
  {
    let book = try open()
    try charge(0, in: book)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{}\n".utf8))
    #expect(throws: StoreError.self) { try charge(1, in: book) }
    try handle.truncate(atOffset: UInt64(bytes.count))
    try charge(1, in: book)
    // Another file under the name, as when a backup is put back.
    try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
    let refused = #expect(throws: StoreError.self) { try charge(2, in: book) }
    #expect(refused?.code == .corrupt)
    #expect(book.ledger.entries.count == 2 && book.head.sequence == 2)
  }
}
