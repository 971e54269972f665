import AtollFederation
import AtollNumerics
import Foundation
import Testing

@testable import AtollStore

@Suite struct ReceiptTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-receipts-\(UUID().uuidString)"
  var path: String { folder + "/receipts.jsonl" }
  var head: String { path + ".head" }
  let owner: ParticipantID = "st-olav"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  static func entry(_ number: Int) -> Receipt.Entry {
    Receipt.Entry(
      "the update of round \(number): 31 numbers", to: "fl.north.example", run: "study-1", exchange: number,
      bytes: 256, hash: ContentHash(of: Array("update \(number)".utf8)))
  }

  func write(_ count: Int) throws {
    let book = try ReceiptBook(path, participant: owner)
    for number in 1...count { try book.add(Self.entry(number)) }
  }

  func lines() throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  func rewrite(_ lines: [String]) throws {
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }

  func fault(_ mirrored: ContentHash? = nil) throws -> ReceiptAudit.Fault? {
    try ReceiptAudit(contentsOf: path, mirrored: mirrored).fault
  }

  @Test func `receipts say what left, and chain`() throws {
    let began = Date(timeIntervalSince1970: 1_800_000_000)
    let book = try ReceiptBook(path, participant: owner, now: began)
    let first = try book.add(Self.entry(1), now: began.addingTimeInterval(60))
    let second = try book.add(Self.entry(2), now: began.addingTimeInterval(120))
    #expect(first.number == 1 && second.number == 2)
    #expect(first.time == "2027-01-15T08:01:00Z")
    let lines = try lines()
    #expect(second.previous == ContentHash(of: Array(lines[1].utf8)))
    #expect(first.previous == ContentHash(of: Array(lines[0].utf8)))
    #expect(book.head == ContentHash(of: Array(lines[2].utf8)))
    #expect(lines[1].contains("\"what\":\"the update of round 1: 31 numbers\""))
    let audit = try ReceiptAudit(contentsOf: path)
    #expect(audit.fault == nil)
    #expect(audit.participant == "st-olav")
    #expect(audit.receipts == [first, second])
    #expect(audit.receipts[1].entry == Self.entry(2))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `a book goes on where it ended`() throws {
    try write(2)
    let book = try ReceiptBook(path, participant: owner)
    #expect(try book.add(Self.entry(3)).number == 3)
    #expect(try ReceiptAudit(contentsOf: path).receipts.count == 3)
    #expect(try fault() == nil)
  }

  @Test func `one process writes at a time, and for one participant`() throws {
    let book = try ReceiptBook(path, participant: owner)
    #expect(throws: StoreError(.busy, path: path, "another process is writing receipts here")) {
      _ = try ReceiptBook(path, participant: owner)
    }
    try book.add(Self.entry(1))
    withExtendedLifetime(book) {}
  }

  @Test func `another participant's book is refused`() throws {
    try write(1)
    #expect(throws: StoreError.self) { _ = try ReceiptBook(path, participant: "ashford") }
  }

  // MARK: Tampering

  @Test(arguments: 1...4)
  func `a receipt that was changed is named`(_ line: Int) throws {
    try write(4)
    var lines = try lines()
    lines[line] = lines[line].replacing("\"bytes\":256", with: "\"bytes\":255")
    try rewrite(lines)
    let expected: ReceiptAudit.Fault = line == 4 ? .lastChanged(line: 5) : .changed(line: line + 2)
    #expect(try fault() == expected)
    #expect(throws: StoreError.self) { _ = try ReceiptBook(path, participant: owner) }
  }

  @Test func `the title is part of the chain`() throws {
    try write(1)
    var lines = try lines()
    lines[0] = lines[0].replacing("st-olav", with: "ashford")
    try rewrite(lines)
    #expect(try fault() == .changed(line: 2))
  }

  @Test func `receipts that were moved or taken out are named`() throws {
    try write(4)
    let lines = try lines()
    try rewrite([lines[0], lines[1], lines[3], lines[2], lines[4]])
    #expect(try fault() == .misplaced(line: 3, number: 3, expected: 2))
    try rewrite([lines[0], lines[1], lines[3], lines[4]])
    #expect(try fault() == .misplaced(line: 3, number: 3, expected: 2))
    try rewrite([lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]])
    #expect(try fault() == .misplaced(line: 3, number: 1, expected: 2))
    try rewrite([lines[0], "", lines[1]])
    #expect(try fault() == .notAReceipt(line: 2))
  }

  @Test func `a tail that was cut off is noticed, at a line and within one`() throws {
    try write(4)
    let lines = try lines()
    try rewrite(Array(lines[..<3]))
    #expect(try fault() == .cutOff(found: 2, expected: 4))
    let half = lines[..<4].joined(separator: "\n") + "\n" + lines[4].prefix(40)
    try half.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try fault() == .cutOff(found: 3, expected: 4))
    try FileManager.default.removeItem(atPath: head)
    #expect(try fault() == .noHead(head))
  }

  @Test func `a head that was kept elsewhere finds a forged book`() throws {
    try write(2)
    let kept = try ReceiptAudit(contentsOf: path).head
    try write(1)
    #expect(try fault(kept) == nil, "it is the head of an earlier time")
    // Forged as a whole: both files new, the chain sound.
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.removeItem(atPath: head)
    try write(3)
    let forged = try lines()
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.removeItem(atPath: head)
    let book = try ReceiptBook(path, participant: owner)
    for number in 1...3 {
      try book.add(
        Receipt.Entry("nothing", to: "nobody", run: "x", exchange: number, bytes: 0, hash: .ofNothing))
    }
    #expect(try lines() != forged)
    #expect(try fault() == nil)
    #expect(try fault(kept) == .strangeHead(kept))
  }

  // MARK: Crashes

  @Test func `a line that a kill cut off is taken away, for its message never left`() throws {
    try write(2)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"bytes\":256,\"exch".utf8))
    try handle.close()
    let audit = try ReceiptAudit(contentsOf: path)
    #expect(audit.fault == nil)
    #expect(audit.torn == 18)
    let book = try ReceiptBook(path, participant: owner)
    #expect(try book.add(Self.entry(3)).number == 3)
    #expect(try fault() == nil)
    #expect(try lines().count == 4)
  }

  @Test func `a kill between a line and its head leaves a book that goes on`() throws {
    try write(2)
    let behind = try Data(contentsOf: URL(fileURLWithPath: head))
    try write(1)
    try behind.write(to: URL(fileURLWithPath: head))
    #expect(try fault() == nil)
    #expect(try ReceiptBook(path, participant: owner).add(Self.entry(4)).number == 4)
  }

  @Test func `a kill before the first line leaves nothing in the way`() throws {
    try write(1)
    try FileManager.default.removeItem(atPath: path)
    try write(1)
    #expect(try fault() == nil)
  }
}
