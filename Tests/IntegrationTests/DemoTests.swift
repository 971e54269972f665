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
