import Foundation
import Testing

/// Several runs of one task, with seeds in a row.
@Suite(.serialized) struct `A series of runs` {
  private func study() throws -> Folder { try Study.wards.folder() }

  @Test func `whose seeds would run past the last number is refused`() throws {
    let folder = try study()
    let before = folder.names
    for arguments in [
      ["--seed", "18446744073709551615", "--seeds", "2"],
      ["--set", "federation.seed=18446744073709551615", "--seeds", "2"],
    ] {
      let ended = try AtollProcess(["run", "task.yaml"] + arguments, in: folder).wait()
      #expect(ended.status == 64, "\(ended.errors)")
      #expect(ended.words.contains("18446744073709551615"))
      #expect(folder.names == before)
    }
    let last = try atoll(
      "run", "task.yaml", "--seed", "18446744073709551614", "--seeds", "2", "--out", "s", in: folder)
    #expect(last.status == 0, "\(last.errors)")
    #expect(folder.has("s/seed-18446744073709551615/model.safetensors"))
  }

  @Test func `tells how much chance there is, also alone`() throws {
    let folder = try Study.logistic.folder()
    let ended = try atoll(
      "run", "task.yaml", "--seeds", "2", "--out", "s", "--set", "evaluation.baselines=[local]", "--json",
      in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let event = try #require(try ended.events().last)
    #expect(event["event"] as? String == "seeds")
    let auc = try #require(event["auc"] as? [String: Any])
    for way in ["federated", "local"] {
      let spread = try #require(auc[way] as? [String: Double])
      #expect(Set(spread.keys) == ["mean", "deviation"])
    }
  }

  @Test func `goes on where it was stopped, and gives what it gives at once`() throws {
    let folder = try study()
    let arguments = ["run", "task.yaml", "--seeds", "3", "--json", "--set", "federation.rounds=400"]
    let process = try AtollProcess(arguments + ["--out", "s"], in: folder)
    let limit = ContinuousClock.now + .seconds(60)
    // In the second of three runs.
    while !folder.has("s/seed-8/events.jsonl"), ContinuousClock.now < limit { usleep(500) }
    usleep(20_000)
    process.send(SIGINT)
    let stopped = try process.wait()
    try #require(stopped.status == 130, "\(stopped.errors)")
    #expect(stopped.words.contains("atoll run --resume s"))
    #expect(!folder.has("s/seed-9"))
    let unfinished = try atoll("verify", "s", in: folder)
    #expect(unfinished.status == 65)
    #expect(unfinished.words.contains("atoll run --resume s"), "\(unfinished.errors)")
    // What a kill leaves of a run that had hardly begun is no obstacle.
    try folder.write("", to: "s/seed-9/state/blobs/.keep")
    folder.remove("s/seed-9/state/blobs/.keep")
    let resumed = try atoll("run", "--resume", "s", "--json", in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let whole = try AtollProcess(arguments + ["--out", "whole"], in: folder).wait()
    let last = [resumed, whole].map { $0.output.split(separator: "\n").last.map(String.init) ?? "" }
    #expect(last[0].contains("\"event\":\"seeds\""))
    #expect(last[0] == last[1].replacingOccurrences(of: "\"whole\"", with: "\"s\""))
    for seed in 7...9 {
      let model = "seed-\(seed)/model.safetensors"
      #expect(try folder.bytes("s/" + model) == folder.bytes("whole/" + model))
    }
  }

  @Test func `is verified run by run`() throws {
    let folder = try study()
    try #require(try atoll("run", "task.yaml", "--seeds", "2", "--out", "s", in: folder).status == 0)
    let good = try atoll("verify", "s", in: folder)
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.components(separatedBy: "✓ model").count == 3, "\(good.output)")
    var bytes = try folder.bytes("s/seed-8/model.safetensors")
    bytes[bytes.count - 3] ^= 1
    try folder.write(bytes, to: "s/seed-8/model.safetensors")
    let bad = try atoll("verify", "s", in: folder)
    #expect(bad.status == 1)
    #expect(bad.output.contains("✓ model") && bad.output.contains("✗ model"))
  }

  @Test func `is never made over something else`() throws {
    let folder = try study()
    try folder.write("mine", to: "s/notes.txt")
    let ended = try atoll("run", "task.yaml", "--seeds", "2", "--out", "s", in: folder)
    #expect(ended.status == 73, "\(ended.errors)")
    #expect(try folder.text("s/notes.txt") == "mine")
    #expect(!folder.has("s/task.yaml"))
  }
}
