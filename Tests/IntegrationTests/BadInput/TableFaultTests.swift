import Foundation
import Testing

/// What is wrong with a participant's table stops a run before it begins.
@Suite struct `A table` {
  private static let header = "age,pulse,fever\n"
  private static let rows = "40,70,no\n61,80,yes\n"

  static let faults = [
    Fault("that is missing", "south.csv", nil, says: "south.csv", "there is no such file"),
    Fault("that is empty", "south.csv", "", says: "south.csv"),
    Fault("that has a header only", "south.csv", header, says: "south.csv"),
    Fault("with a ragged row", "south.csv", header + rows + "50,70\n", says: "south.csv:4"),
    Fault("with a row too long", "south.csv", header + rows + "50,70,no,1\n", says: "south.csv:4"),
    Fault(
      "with text among numbers", "south.csv", header + rows + "50,seventy,no\n", says: "pulse"),
    Fault("without the label", "south.csv", "age,pulse,cold\n" + rows, says: "south.csv", "“fever”"),
    Fault("without a feature", "south.csv", "age,plus,fever\n" + rows, says: "south.csv", "“pulse”"),
    Fault("with infinity among numbers", "south.csv", header + rows + "inf,70,no\n", says: "south.csv:4"),
    Fault("with a number too large", "south.csv", header + rows + "1e999,70,no\n", says: "south.csv:4"),
    Fault("with an open quote", "south.csv", header + rows + "50,\"70,no\n", says: "south.csv:4"),
    Fault(
      "that is not UTF-8", "south.csv", bytes: Array((header + rows).utf8) + [0x35, 0xFF, 0x0A],
      says: "south.csv:4"),
  ]

  @Test(arguments: faults) func `that is wrong is refused`(_ fault: Fault) throws { try fault.check() }

  // MARK: Compressed

  private func compressed(_ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
    let folder = try Study.wards.folder()
    #expect(try shell("gzip -c south.csv > south.csv.gz", in: folder).status == 0)
    var bytes = try folder.bytes("south.csv.gz")
    change(&bytes)
    return bytes
  }

  private func check(_ bytes: [UInt8], says: String) throws {
    var fault = Fault("", task: "south.csv", "south.csv.gz", says: "south.csv.gz", says)
    fault.files = ["south.csv.gz": bytes]
    try fault.check()
  }

  @Test func `compressed and cut short is refused`() throws {
    try check(compressed { $0.removeLast(9) }, says: "cut short")
  }

  @Test func `compressed with something after its end is refused`() throws {
    try check(compressed { $0 += Array("more".utf8) }, says: "follow the end")
  }

  @Test func `compressed and damaged is refused`() throws {
    try check(compressed { $0[$0.count - 6] ^= 0x10 }, says: "damaged")
  }

  // MARK: Classes

  private static let oneClass = header + "40,70,no\n61,80,no\n33,90,no\n"

  @Test func `with one class is named, and the run goes on`() throws {
    let folder = try Study.wards.folder()
    try folder.write(Self.oneClass, to: "south.csv")
    let ended = try atoll("run", "task.yaml", "--out", "run", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.words.contains("south has only one class among its training rows"))
    #expect(folder.has("run/model.safetensors"))
  }

  @Test func `with one class at every site is refused`() throws {
    var fault = Fault("", "south.csv", Self.oneClass, says: "class")
    fault.files["north.csv"] = Array(Self.oneClass.utf8)
    try fault.check()
  }
}
