import AtollNumerics
import Foundation
import Testing

/// A run that starts from a file which is no model, or not this one.
@Suite struct `A model to start from` {
  private static func file(_ header: String, _ numbers: Int = 12, length: Int? = nil) -> [UInt8] {
    let length = length ?? header.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: numbers)
  }

  private static func tensor(_ name: String, _ shape: [Int], _ range: String) -> String {
    "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(range)]}"
  }

  private static let good =
    "{\(tensor("output.bias", [1], "0,4")),\(tensor("output.weight", [1, 2], "4,12"))}"
  private static let overlapping =
    "{\(tensor("output.bias", [1], "0,4")),\(tensor("output.weight", [1, 2], "0,8"))}"
  private static let huge = "{\(tensor("w", [1 << 40, 1 << 40], "0,12"))}"

  static let faults = [
    ("of no bytes", []),
    ("with a header longer than the file", file(good, length: 1 << 40)),
    ("with a header of a negative length", file(good, length: -1)),
    ("whose tensors overlap", file(overlapping, 8)),
    ("whose tensors are larger than memory", file(huge)),
    ("that is cut short", file(good, 8)),
    ("with something after its end", file(good, 13)),
    ("whose header is no JSON", file("{\"output.bias\":")),
  ].map { name, bytes in
    Fault(
      name, "start.safetensors", bytes: bytes, arguments: ["--start", "start.safetensors"],
      says: "start.safetensors")
  }

  @Test(arguments: faults) func `that is wrong is refused`(_ fault: Fault) throws { try fault.check() }

  @Test func `of another shape is refused`() throws {
    try Fault(
      "", "start.safetensors", bytes: Self.file("{\(Self.tensor("output.weight", [1, 3], "0,12"))}"),
      arguments: ["--start", "start.safetensors"], says: "the model to start from has other tensors"
    ).check()
  }

  @Test func `that is missing is refused`() throws {
    try Fault("", arguments: "--start", "none.safetensors", says: "none.safetensors", "no such file").check()
  }

  @Test func `may be a run's folder, and other scaling is told of`() throws {
    let folder = try Study.wards.folder()
    try #require(try atoll("run", "task.yaml", "--out", "first", in: folder).status == 0)
    let alike = try atoll("run", "task.yaml", "--start", "first", "--out", "alike", in: folder)
    #expect(alike.status == 0, "\(alike.errors)")
    #expect(!alike.errors.contains("warning:"), "\(alike.errors)")
    let other = try atoll(
      "run", "task.yaml", "--start", "first", "--out", "other", "--set", "data.preprocess.scale=min-max",
      in: folder)
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.words.contains("was trained under another data.preprocess"), "\(other.errors)")
    // The same plan, fitted to other patients.
    let text = try folder.text("south.csv").split(separator: "\n").map(String.init)
    let older = text.dropFirst().map { "1\($0)" }
    try folder.write(([text[0]] + older).joined(separator: "\n"), to: "south.csv")
    let moved = try atoll("run", "task.yaml", "--start", "first", "--out", "moved", in: folder)
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(moved.words.contains("scaled otherwise"), "\(moved.errors)")
    #expect(moved.words.contains("(age"), "\(moved.errors)")
  }

  @Test func `is where a run starts`() throws {
    let folder = try Study.wards.folder()
    for (out, arguments) in [("first", []), ("second", ["--start", "first/model.safetensors"])] {
      let process = try AtollProcess(
        ["run", "task.yaml", "--set", "training.learning-rate=1e-30", "--out", out] + arguments, in: folder)
      #expect(try process.wait().status == 0)
    }
    // With no learning to speak of, the model is the one that it started from.
    #expect(try folder.bytes("second/model.safetensors") == folder.bytes("first/model.safetensors"))
    #expect(
      try Safetensors.decode(Data(folder.bytes("second/model.safetensors"))).parameters.layout.count == 3)
  }
}
