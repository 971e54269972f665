import Foundation
import Testing

/// Runs that are stopped, gone on with, or worked on twice.
@Suite(.serialized) struct `An interrupted run` {
  private static let long = ["run", "task.yaml", "--json", "--set", "federation.rounds=2000"]

  /// A run in `run` that has done its first round.
  private func begun(in folder: Folder) throws -> AtollProcess {
    let process = try AtollProcess(Self.long + ["--out", "run"], in: folder)
    let limit = ContinuousClock.now + .seconds(60)
    while !process.output.contains("\"event\":\"round\""), ContinuousClock.now < limit { usleep(200) }
    return process
  }

  @Test func `is told as unfinished by who looks into it`() throws {
    let folder = try interrupted()
    for arguments in [["verify", "run"], ["run", "task.yaml", "--contributors", "run", "--out", "other"]] {
      let ended = try AtollProcess(arguments, in: folder).wait()
      #expect(ended.status == 65, "\(ended.errors)")
      #expect(ended.words.contains("run: this run is not finished"))
      #expect(ended.words.contains("try atoll run --resume run"))
    }
  }

  private func interrupted() throws -> Folder {
    let folder = try Study.logistic.folder()
    let process = try begun(in: folder)
    process.send(SIGINT)
    let ended = try process.wait()
    try #require(ended.status == 130, "\(ended.errors)")
    return folder
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `says how it goes on, and does`(_ signal: Int32) throws {
    let folder = try Study.logistic.folder()
    let process = try begun(in: folder)
    process.send(signal)
    let ended = try process.wait(deadline: 20)
    #expect(ended.status == 130, "\(ended.errors)")
    #expect(ended.words.contains("atoll run --resume run"))
    #expect(!folder.has("run/model.safetensors"))
    let resumed = try atoll("run", "--resume", "run", "--json", in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let whole = try AtollProcess(Self.long + ["--out", "whole"], in: folder).wait()
    #expect(try resumed.model() == whole.model())
  }

  @Test func `is worked on by one process at a time`() throws {
    let folder = try Study.logistic.folder()
    let process = try begun(in: folder)
    let second = try atoll("run", "--resume", "run", in: folder)
    #expect(second.status == 75, "\(second.errors)")
    #expect(second.words.contains("another process is working on this run"))
    let third = try atoll("run", "task.yaml", "--out", "run", in: folder)
    #expect(third.status == 73, "\(third.errors)")
    process.send(SIGINT)
    #expect(try process.wait().status == 130)
  }

  @Test func `does not go on with other data`() throws {
    let folder = try interrupted()
    let text = try folder.text("birk.csv")
    try folder.write(text.replacing(",0\n", with: ",1\n", maxReplacements: 1), to: "birk.csv")
    let ended = try atoll("run", "--resume", "run", in: folder)
    #expect(ended.status == 65, "\(ended.errors)")
    #expect(ended.words.contains("birk"))
    #expect(ended.words.contains("changed"))
    try folder.write(text, to: "birk.csv")
    #expect(try atoll("run", "--resume", "run", in: folder).status == 0)
  }

  @Test func `does not go on with another task`() throws {
    let folder = try interrupted()
    let text = try folder.text("run/task.yaml")
    let other = text.replacing("rounds: 2000", with: "rounds: 1999")
    try #require(other != text)
    try folder.write(other, to: "run/task.yaml")
    let ended = try atoll("run", "--resume", "run", in: folder)
    #expect(ended.status == 65, "\(ended.errors)")
    #expect(ended.words.contains("task.yaml"))
  }

  @Test func `that is damaged is bad input`() throws {
    let folder = try interrupted()
    try folder.write(
      Array(folder.bytes("run/state/checkpoint.json").dropLast(30)), to: "run/state/checkpoint.json")
    let ended = try atoll("run", "--resume", "run", in: folder)
    #expect(ended.status == 65, "\(ended.errors)")
    #expect(ended.words.contains("checkpoint.json"))
  }

  @Test func `is needed to resume one`() throws {
    let folder = try Study.wards.folder()
    let absent = try atoll("run", "--resume", "run", in: folder)
    #expect(absent.status == 65)
    #expect(absent.words.contains("there is no interrupted run here"))
    #expect(try atoll("run", "task.yaml", "--out", "run", in: folder).status == 0)
    let finished = try atoll("run", "--resume", "run", in: folder)
    #expect(finished.status == 65)
    #expect(finished.words.contains("this run is finished"))
  }

  @Test func `is what remains when the reader of its output leaves`() throws {
    let folder = try Study.logistic.folder()
    let line = Self.long.joined(separator: " ") + " --out run"
    let ended = try shell("{ \"$atoll\" \(line); echo $? > status; } | head -1", in: folder, deadline: 60)
    #expect(ended.status == 0)
    #expect(ended.output.split(separator: "\n").count == 1)
    #expect(ended.errors.isEmpty, "\(ended.errors)")
    // 128 + SIGPIPE, as the shell tells it.
    #expect(try folder.text("status") == "141\n")
    #expect(try atoll("run", "--resume", "run", in: folder).status == 0)
  }
}
