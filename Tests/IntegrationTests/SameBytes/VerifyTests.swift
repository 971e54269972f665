import Foundation
import Testing

/// `atoll verify`, and runs that repeat the contributors of another.
@Suite(.serialized) struct `A finished run` {
  /// A study with a finished run in `run`, with a sampled cohort.
  private func finished() throws -> Folder {
    let folder = try Study.svm.folder()
    let ended = try atoll("run", "task.yaml", "--out", "run", in: folder)
    try #require(ended.status == 0, "\(ended.errors)")
    return folder
  }

  private func change(_ file: String, in folder: Folder, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = try folder.bytes(file)
    let before = bytes
    body(&bytes)
    try #require(bytes != before)
    try folder.write(bytes, to: file)
  }

  private func replace(
    _ old: String, with new: String, last: Bool = false, in file: String, of folder: Folder
  )
    throws
  {
    var text = try folder.text(file)
    let range = try #require(text.range(of: old, options: last ? .backwards : []))
    text.replaceSubrange(range, with: new)
    try folder.write(text, to: file)
  }

  @Test func `is what its manifest says, and gives the same bytes again`() throws {
    let folder = try finished()
    let ended = try atoll("verify", "run", "--replay", "--json", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let checks = try ended.events().filter { $0["event"] as? String == "check" }
    #expect(
      checks.compactMap { $0["subject"] as? String } == [
        "records", "model", "events", "task", "data", "replay",
      ])
    #expect(checks.allSatisfy { $0["holds"] as? Bool == true })
  }

  @Test func `is repeated by its contributors`() throws {
    let folder = try finished()
    let ended = try atoll(
      "run", "task.yaml", "--json", "--contributors", "run/manifest.json", "--out", "again", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(try folder.bytes("again/model.safetensors") == folder.bytes("run/model.safetensors"))
    #expect(try folder.bytes("again/manifest.json") == folder.bytes("run/manifest.json"))
  }

  @Test func `is repeated by its folder, and a task of another hash is told of`() throws {
    let folder = try finished()
    let same = try atoll("run", "task.yaml", "--contributors", "run", "--out", "again", in: folder)
    #expect(same.status == 0, "\(same.errors)")
    #expect(!same.errors.contains("warning:"))
    let other = try atoll(
      "run", "task.yaml", "--contributors", "run", "--out", "other", "--set", "training.l2=0.5", in: folder)
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.words.contains("warning: run is of another task"), "\(other.errors)")
  }

  @Test func `that is shorter is refused before anything is trained`() throws {
    let folder = try finished()
    try Fault(
      "", arguments: "--contributors", "run", "--set", "federation.rounds=50", "--out", "again",
      says: "exchanges", "Nothing was trained and nothing was written."
    ).check(in: folder)
  }

  @Test func `is repeated only where its contributors are known`() throws {
    let folder = try finished()
    try Study.wards.write(to: folder)
    try Fault(
      "", arguments: "--contributors", "run/manifest.json", "--out", "again", says: "does not take part"
    )
    .check(in: folder)
  }

  @Test func `with a changed model is found out`() throws {
    let folder = try finished()
    try change("run/model.safetensors", in: folder) { $0[$0.count - 3] ^= 1 }
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ model"))
    #expect(ended.output.contains("✓ records"))
  }

  @Test(arguments: [false, true])
  func `with a changed record is found out`(last: Bool) throws {
    let folder = try finished()
    try replace(
      "\"participants\":2", with: "\"participants\":3", last: last, in: "run/manifest.json", of: folder)
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ records"))
    #expect(ended.output.contains("✓ model"))
  }

  @Test func `with another preprocessing is found out`() throws {
    let folder = try finished()
    try replace("\"offset\":", with: "\"offset\":1", in: "run/model.json", of: folder)
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ model"))
    #expect(ended.output.contains("model.json"))
  }

  @Test(arguments: ["\"accuracy\":0.", "\"bytes_up\":"])
  func `whose log tells something else is found out`(figure: String) throws {
    let folder = try finished()
    try replace(figure, with: figure + "9", in: "run/events.jsonl", of: folder)
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ events"))
    #expect(ended.output.contains("round 1"))
  }

  @Test func `with a changed task is found out`() throws {
    let folder = try finished()
    try replace("rounds: 6", with: "rounds: 7", in: "run/task.yaml", of: folder)
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ task"))
  }

  @Test func `whose data changed is found out by a replay`() throws {
    let folder = try finished()
    try replace(",0\n", with: ",1\n", in: "birk.csv", of: folder)
    let ended = try atoll("verify", "run", "--replay", in: folder)
    #expect(ended.status == 1)
    #expect(ended.output.contains("✗ data"))
    #expect(ended.output.contains("birk"))
    #expect(ended.output.contains("✗ replay"))
  }

  @Test func `that is cut short is bad input`() throws {
    let folder = try finished()
    try change("run/manifest.json", in: folder) { $0.removeLast(20) }
    let ended = try atoll("verify", "run", in: folder)
    #expect(ended.status == 65)
    #expect(ended.words.contains("run/manifest.json"))
  }
}
