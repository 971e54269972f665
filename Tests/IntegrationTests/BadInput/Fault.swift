import Foundation
import Testing

/// Something wrong with the input of `atoll run`, and what it must say.
struct Fault: Sendable, CustomTestStringConvertible {
  let name: String
  /// Files that take the place of the study's; nil removes one.
  var files: [String: [UInt8]?] = [:]
  /// Replaces the first text by the second in `task.yaml`.
  var task: (String, String)?
  /// Further arguments.
  var arguments: [String] = []
  var status: Int32 = 65
  /// What the message contains.
  let says: [String]

  var testDescription: String { name }

  init(
    _ name: String, _ file: String, _ text: String?, status: Int32 = 65, says: String...
  ) {
    self.name = name
    files = [file: text.map { Array($0.utf8) }]
    self.status = status
    self.says = says
  }

  init(_ name: String, _ file: String, bytes: [UInt8], arguments: [String] = [], says: String...) {
    self.name = name
    files = [file: bytes]
    self.arguments = arguments
    self.says = says
  }

  init(_ name: String, task old: String, _ new: String, says: String...) {
    self.name = name
    task = (old, new)
    self.says = says
  }

  init(_ name: String, arguments: String..., status: Int32 = 65, says: String...) {
    self.name = name
    self.arguments = arguments
    self.status = status
    self.says = says
  }

  /// Runs the study with the fault in it: one message, the right exit code, and nothing written.
  func check(in folder: Folder? = nil) throws {
    let folder = try folder ?? Study.wards.folder()
    for (name, bytes) in files {
      if let bytes { try folder.write(bytes, to: name) } else { folder.remove(name) }
    }
    if let (old, new) = task {
      let text = try folder.text("task.yaml")
      try #require(text.contains(old), "the task has “\(old)”")
      try folder.write(text.replacing(old, with: new, maxReplacements: 1), to: "task.yaml")
    }
    let before = folder.names
    let out = arguments.contains("--out") ? [] : ["--out", "run"]
    let process = try AtollProcess(["run", "task.yaml"] + out + arguments, in: folder)
    let ended = try process.wait()
    #expect(ended.status == status, "\(ended.errors)")
    #expect(!ended.isKilled)
    #expect(ended.errors.components(separatedBy: "error:").count == 2, "\(ended.errors)")
    for text in says { #expect(ended.words.contains(text), "\(text)\n\(ended.errors)") }
    #expect(ended.output.isEmpty)
    #expect(folder.names == before)
  }
}

extension Study {
  /// Two wards with twelve patients each, small enough to be wrong in one place.
  static let wards = Study(
    name: "wards",
    task: """
      task: classification
      name: wards
      data:
        participants: [north.csv, south.csv]
        label: fever
        features: [age, pulse]
        test: 0
      model: logistic
      training: {learning-rate: 0.1}
      federation: {rounds: 2}
      evaluation: {baselines: []}

      """,
    files: [("north.csv", Array(ward(0).utf8)), ("south.csv", Array(ward(5).utf8))])

  static func ward(_ shift: Int) -> String {
    let rows = (0..<12).map { row in
      let age = 20 + (row * 37 + shift) % 60
      return "\(age),\(60 + (row * 7 + shift) % 40),\(age > 50 ? "yes" : "no")"
    }
    return (["age,pulse,fever"] + rows).joined(separator: "\n") + "\n"
  }
}
