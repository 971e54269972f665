import Foundation
import Testing

/// `atoll demo`: what a person sees first.
@Suite(.serialized) struct `The demo` {
  @Test func `shows its first round at once and ends within ten seconds`() throws {
    let folder = try Folder()
    let clock = ContinuousClock()
    let start = clock.now
    let process = try AtollProcess(["demo", "--json"], in: folder)
    var first: Duration?
    while first == nil, clock.now - start < .seconds(60) {
      if process.output.contains("\"event\":\"round\"") { first = clock.now - start }
      usleep(1000)
    }
    let ended = try process.wait()
    let whole = clock.now - start
    print("The demo shows its first round after \(first ?? .zero) and ends after \(whole).")
    #expect(ended.status == 0, "\(ended.errors)")
    // The promise is one second; a loaded machine gets five.
    #expect(try #require(first) < .seconds(5))
    #expect(whole < .seconds(10))
    let finished = try ended.finished()
    #expect(Set(try #require(finished["baselines"] as? [String: Any]).keys) == ["local", "pooled"])
    let metrics = try #require(finished["metrics"] as? [String: Double])
    #expect(try #require(metrics["accuracy"]) > 0.94)
  }

  @Test func `is a federation of five processes, whose model is that of the simulation`() throws {
    let folder = try Folder()
    let deployed = try atoll("demo", "--out", "deployed", "--json", in: folder)
    #expect(deployed.status == 0, "\(deployed.errors)")
    let simulated = try atoll("demo", "--simulate", "--out", "simulated", "--json", in: folder)
    #expect(simulated.status == 0, "\(simulated.errors)")
    #expect(!folder.has("simulated/server"))
    let hash = try #require(try deployed.finished()["model_sha256"] as? String)
    #expect(try simulated.finished()["model_sha256"] as? String == hash)
    let model = try folder.bytes("simulated/run/model.safetensors")
    for run in ["deployed/deployed", "deployed/run"] {
      #expect(try folder.bytes(run + "/model.safetensors") == model, "\(run)")
    }
    for name in ["ashford", "birk", "corvo", "dalen"] {
      #expect(folder.has("deployed/identities/\(name)/key.pem"), "\(name)")
      #expect(try folder.text("deployed/logs/\(name).jsonl").contains("\"event\""), "\(name)")
    }
    // Nobody works on its state any more.
    let members = try atoll("members", "--state", "deployed/server", in: folder)
    #expect(members.status == 0, "\(members.errors)")
    #expect(members.output.contains("ashford"))
  }

  @Test func `stays when asked to, and leaves no process behind when it is killed`() throws {
    let folder = try Folder()
    let process = try AtollProcess(["demo", "--stay", "--out", "staying-demo"], in: folder)
    let deadline = ContinuousClock.now + .seconds(60)
    while !process.errors.contains("Ctrl-C"), !process.isOver, .now < deadline { usleep(10_000) }
    // The pattern does not match the shell that holds it.
    func others() throws -> Int {
      try shell("pgrep -cf '[s]taying-demo' || true", in: folder).output.split(separator: "\n").first.flatMap
      { Int($0) }
        ?? -1
    }
    #expect(try others() >= 6, "\(process.errors)")
    process.send(SIGKILL)
    _ = try process.wait()
    while try others() > 0, .now < deadline { usleep(10_000) }
    #expect(try others() == 0)
  }

  @Test func `leaves a study to edit, and never overwrites one`() throws {
    let folder = try Folder()
    #expect(try atoll("demo", in: folder).status == 0)
    for name in ["task.yaml", "sites/ashford.csv", "sites/birk.csv", "sites/corvo.csv", "sites/dalen.csv"] {
      #expect(folder.has("atoll-demo/" + name), "\(name)")
    }
    let before = try folder.bytes("atoll-demo/run/manifest.json")
    #expect(try atoll("demo", in: folder).status == 0)
    #expect(folder.has("atoll-demo-2/task.yaml"))
    #expect(try folder.bytes("atoll-demo/run/manifest.json") == before)
    let refused = try atoll("demo", "--out", "atoll-demo", in: folder)
    #expect(refused.status == 73)
    #expect(try folder.bytes("atoll-demo/run/manifest.json") == before)
  }

  @Test func `gives hints that run as they are printed`() throws {
    let folder = try Folder()
    let ended = try atoll("demo", in: folder)
    let hints = ended.output.split(separator: "\n").compactMap { line in
      line.range(of: "atoll ").map { String(line[$0.lowerBound...]) }
    }
    #expect(hints.count >= 3, "\(ended.output)")
    for hint in hints {
      let line = "PATH=\"$(dirname \"$atoll\"):$PATH\"; " + hint
      let ended = try shell(line, in: folder)
      #expect(ended.status == 0, "\(hint)\n\(ended.errors)")
    }
  }
}
