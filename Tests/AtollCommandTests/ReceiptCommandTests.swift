import AtollFederation
import AtollNumerics
import AtollStore
import Foundation
import Testing

@Suite struct ReceiptCommandTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let book = try ReceiptBook(folder.path + "/receipts.jsonl", participant: "st-olav")
    for round in 1...3 {
      try book.add(
        Receipt.Entry(
          "the update of round \(round): 31 numbers", to: "fl.north.example", run: round == 3 ? "b" : "a",
          exchange: round, bytes: 1000 * round, hash: ContentHash(of: [UInt8(round)])))
    }
  }

  @Test func `receipts are shown, and said to hold`() throws {
    let ended = try Program.run("receipt", "receipts.jsonl", in: folder, environment: ["COLUMNS": "200"])
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.output.contains("the update of round 2: 31 numbers"))
    #expect(ended.output.contains("st-olav: 3 messages, "))
    #expect(ended.output.contains("unbroken, 3 receipts"))
    let one = try Program.run("receipt", "receipts.jsonl", "--run", "b", "--json", in: folder)
    let events = try one.events()
    #expect(events.map { $0["event"] as? String } == ["receipt", "receipts"])
    #expect(events.last?["bytes"] as? Int == 3000)
    #expect(events.last?["holds"] as? Bool == true)
    let head = try #require(events.last?["head"] as? String)
    #expect(try Program.run("receipt", "receipts.jsonl", "--head", head, in: folder).status == 0)
    let other = String(repeating: "0", count: 64)
    #expect(try Program.run("receipt", "receipts.jsonl", "--head", other, in: folder).status == 1)
    #expect(try Program.run("receipt", "receipts.jsonl", "--head", "41d0", in: folder).status == 64)
  }

  @Test func `a changed receipt exits with 1 and names the line`() throws {
    let text = try folder.text("receipts.jsonl").replacing("\"bytes\":2000", with: "\"bytes\":20")
    try folder.write(text, to: "receipts.jsonl")
    let ended = try Program.run("receipt", "receipts.jsonl", in: folder, environment: ["COLUMNS": "200"])
    #expect(ended.status == 1)
    #expect(ended.errors.contains("receipts.jsonl: line 4 does not follow from line 3"))
    #expect(try Program.run("receipt", "nothing.jsonl", in: folder).status == 65)
  }

  @Test func `of a file that is no book nothing is shown`() throws {
    for text in ["", "a,b\n1,2\n", "cut off"] {
      try folder.write(text, to: "table.csv")
      let ended = try Program.run("receipt", "table.csv", in: folder, environment: ["COLUMNS": "200"])
      #expect(ended.status == 1 && ended.output.isEmpty)
      #expect(ended.errors.contains("table.csv: line 1 is not that of a book of receipts"))
      #expect(!ended.errors.contains("never finished"))
      let events = try Program.run("receipt", "table.csv", "--json", in: folder).events()
      #expect(events.map { $0["event"] as? String } == ["error"])
    }
  }
}
