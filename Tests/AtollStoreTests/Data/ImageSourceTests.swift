import AtollFederation
import AtollLearning
import Foundation
import Testing

@testable import AtollStore

/// A participant's images: from the files of a source of its own to what is learnt from.
@Suite struct `Images of a participant` {
  let folder = FileManager.default.temporaryDirectory.path + "/atoll-images-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try write(
      "a-images.idx", [0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<240).map { UInt8($0) })
    try write("a-labels.idx", [0, 0, 8, 1, 0, 0, 0, 40] + (0..<40).map { UInt8($0 % 3) })
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  var source: DataSource {
    DataSource(.images(path: folder + "/a-images.idx", labels: folder + "/a-labels.idx"))
  }

  func task(_ overrides: String...) throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: classification
        name: scans
        data: {participants: own, shape: [2, 3, 1], classes: 4}
        model: mlp
        """, overrides: overrides)
  }

  func refusal(_ source: DataSource, _ task: FederatedTask) -> String {
    do {
      _ = try LocalData(source, for: task, participant: "a")
      return ""
    } catch { return "\(error)".replacing(folder + "/", with: "") }
  }

  @Test func `are split as a simulation splits them`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try task()
    let deployed = try LocalData(source, for: task, participant: "a")
    let own = try TaskData(task, participants: Participants(sources: ["a": source]))
    let named = try TaskData(
      task.setting([
        "data.participants={a: {images: '\(folder)/a-images.idx', labels: '\(folder)/a-labels.idx'}}"
      ]))
    let undeclared = try TaskData(
      task.setting(["data.shape=", "data.classes="]), participants: Participants(sources: ["a": source]))
    for part in [LocalData.Part.training, .heldOut] {
      let examples = try #require(deployed.examples(part))
      #expect(examples.inputShape == [2, 3, 1])
      #expect(examples.count == (part == .training ? 32 : 8))
      #expect(own.participants["a"]?.examples(part) == examples)
      #expect(named.participants["a"]?.examples(part) == examples)
      let found = try #require(undeclared.participants["a"]?.examples(part))
      #expect(found.features == examples.features)
      guard case .classes(_, 4) = examples.targets, case .classes(_, 3) = found.targets else {
        Issue.record("the declared number of classes counts, or else that of the labels")
        return
      }
    }
    #expect(own.preparation == Preparation(inputShape: [2, 3, 1], classes: 4))
    #expect(named.preparation == own.preparation)
    #expect(undeclared.preparation?.classRows.count == 3)
  }

  @Test func `that are not what the task says are one clear error`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(
      refusal(source, try task("data.shape=[3, 2, 1]"))
        == "a-images.idx: its images are 2 × 3 × 1, and data.shape in the task says 3 × 2 × 1")
    #expect(
      refusal(source, try task("data.classes=2"))
        == "a-labels.idx: label 3 is 2, and by data.classes in the task labels are 0 to 1")
    // The same in a simulation, for files and for examples in memory.
    let examples = try #require(try LocalData(source, for: task(), participant: "a").examples())
    for participants in [Participants(sources: ["a": source]), Participants(["a": examples])] {
      #expect(throws: StoreError.self) {
        _ = try TaskData(task("data.classes=2"), participants: participants)
      }
      #expect(throws: StoreError.self) {
        _ = try TaskData(task("data.shape=[3, 2, 1]"), participants: participants)
      }
    }
    try write("few.idx", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    let few = DataSource(.images(path: folder + "/a-images.idx", labels: folder + "/few.idx"))
    #expect(refusal(few, try task()) == "few.idx: 2 labels do not go with 40 images")
    let swapped = DataSource(.images(path: folder + "/a-labels.idx", labels: folder + "/a-images.idx"))
    #expect(refusal(swapped, try task()).contains("has 1 dimensions where 3 are expected"))
    let missing = DataSource(.images(path: folder + "/none.idx", labels: folder + "/a-labels.idx"))
    #expect(refusal(missing, try task()).contains("none.idx: there is no such file"))
  }

  @Test func `and tables are not taken for each other`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let table = DataSource(.csv(path: folder + "/a.csv"))
    #expect(refusal(table, try task()).hasPrefix("the task learns from images, and “a” has a table"))
    let rows = try task("data.shape=", "data.classes=", "data.label=y")
    #expect(refusal(source, rows) == "the task learns from tables, and “a” has images")
    #expect(
      refusal(source, try task("data.classes=")).hasPrefix(
        "the task learns from images, and does not say their shape"))
    #expect(throws: StoreError.self) { _ = try TableProfile(of: source) }
  }

  @Test func `are named in one line, by a file or by their folder`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try DataSource("images:a.idx,b c.gz") == DataSource(.images(path: "a.idx", labels: "b c.gz")))
    for wrong in ["images:", "images:a.idx", "images:a.idx,", "images:,b.idx", "images:a,b,c"] {
      #expect(throws: InvalidDataSource.self, "\(wrong)") { _ = try DataSource(wrong) }
    }
    #expect(try DataSource(typed: "images:\(folder)/a-images.idx,\(folder)/a-labels.idx") == source)
    try write("a.yaml", Array("images: a-images.idx\nlabels: a-labels.idx\n".utf8))
    #expect(try DataSource(typed: folder + "/a.yaml") == source)
    for wrong in ["images: a.idx", "images: a\nlabels: b\nfile: c", "images: a\nlabels: b\nmap: {x: y}"] {
      #expect(throws: InvalidDataSource.self, "\(wrong)") {
        _ = try DataSource(yaml: Array(wrong.utf8), file: "a.yaml", folder: "")
      }
    }
    #expect(try DataSource(typed: folder) == source)
    #expect(try DataSource(typed: folder + "/") == source)
    try write("b-images.idx", [])
    let error = #expect(throws: StoreError.self) { _ = try DataSource(typed: folder) }
    #expect(error?.message.contains("2 files in it have “images” in their names") == true)
  }
}
