import Foundation
import Testing

/// What a data owner says on the command line, and what is in its files afterwards.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A data owner in a federation of processes` {
  private static let hospitals = ["ashford", "birk", "corvo", "dalen"]

  @Test(.enabled(if: ExternalTrainerRunTests.isThere, "python3 is not installed"))
  func `trains with a program of its own, to the model of atoll run with it`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try folder.write(
      String(decoding: folder.bytes("task.yaml"), as: UTF8.self).replacing("rounds: 6", with: "rounds: 2"),
      to: "task.yaml")
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals {
      try federation.participate(
        name, "--trainer", ExternalTrainerRunTests.program, "--trainer-time", "60s", "--policy", "open")
    }
    let run = try federation.submit()
    let watched = try federation.watch(run, to: "result", deadline: 120)
    try #require(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name).status == 0) }
    let simulated = try command(
      ["run", "task.yaml", "--trainer", ExternalTrainerRunTests.program, "--json", "--out", "own"], in: folder
    )
    #expect(try watched.model() == simulated.model())
  }

  private func command(_ arguments: [String], in folder: Folder) throws -> Ended {
    try AtollProcess(arguments, in: folder).wait(deadline: 120)
  }

  @Test func `keeps receipts, whoever is killed, one for each answer`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    for name in ["birk", "corvo", "birk"] {
      usleep(150_000)
      guard !federation.hasEnded(name) else { continue }
      try federation.kill(name)
      try federation.participate(name)
    }
    let watched = try federation.watch(run, to: "result", deadline: 60)
    try #require(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals {
      #expect(try federation.end(of: name).status == 0)
      let audited = try atoll("receipt", "\(name).id/state/receipts.jsonl", "--json", in: folder)
      #expect(audited.status == 0, "\(audited.errors)")
      let receipts = try audited.events().filter { $0["event"] as? String == "receipt" }
      let answers = receipts.compactMap { ($0["exchange"] as? Int).map { "\($0)" } }
      #expect(!answers.isEmpty && Set(answers).count == answers.count)
      #expect(receipts.allSatisfy { $0["run"] as? String == run })
    }
  }

  @Test func `is told before anyone is called what its rules refuse`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(["ashford"])
    let identity = ["--identity", "ashford.id", "--data", "ashford.csv"]
    try folder.write("version: 1\ntasks: [regression]\n", to: "policy.yaml")
    let refused = try command(
      ["participate", "task.yaml", "--policy", "policy.yaml"] + identity, in: folder)
    #expect(refused.status == 77)
    #expect(refused.words.contains("asked for: a task of kind classification"))
    #expect(refused.words.contains("policy.yaml:2:"))
    #expect(refused.words.contains("No data were read and nothing was sent."))
    // Everything, for a server elsewhere.
    let there = String(decoding: try folder.bytes("ashford.id/identity.json"), as: UTF8.self)
    try folder.write(there.replacing("localhost", with: "fl.north.example"), to: "ashford.id/identity.json")
    let open = try command(["participate", "--policy", "open"] + identity, in: folder)
    #expect(open.status == 77)
    #expect(open.words.contains("is for a server on this machine"))
    try folder.write(there, to: "ashford.id/identity.json")
    // A wrong path, a wrong proxy.
    let absent = try atoll(
      "participate", "task.yaml", "--identity", "ashford.id", "--data", "sqlite:absent.db?query=select 1",
      in: folder)
    #expect(absent.status == 65)
    #expect(absent.words.contains("absent.db"))
    let proxied = try command(
      ["participate", "task.yaml", "--proxy", "http://127.0.0.1:9", "--give-up", "1"] + identity,
      in: folder)
    #expect(proxied.status == 69)
    #expect(proxied.words.contains("the proxy http://127.0.0.1:9 cannot be reached"))
    #expect(
      try command(["participate", "task.yaml", "--proxy", "socks5://x"] + identity, in: folder).status
        == 64)
  }

  @Test func `rehearses with its policy, its source and its names of columns`() throws {
    let folder = try Study.logistic.folder()
    let table = String(decoding: try folder.bytes("ashford.csv"), as: UTF8.self)
    let lines = table.split(separator: "\n", maxSplits: 1)
    try folder.write(lines[0].replacing("malignant", with: "finding") + "\n" + lines[1], to: "own.csv")
    let mapped = try atoll(
      "rehearse", "task.yaml", "--data", "own.csv", "--map", "malignant=finding", "--json", in: folder)
    #expect(mapped.status == 0, "\(mapped.errors)")
    #expect(try mapped.events().last?["refusals"] as? [String] == [])
    try folder.write(
      """
      version: 1
      tasks: any
      questions: [columns, statistics, evaluate]
      """, to: "policy.yaml")
    let refused = try atoll(
      "rehearse", "task.yaml", "--data", "ashford.csv", "--policy", "policy.yaml", in: folder)
    #expect(refused.status == 77)
    #expect(refused.words.contains("your policy would refuse"))
    #expect(refused.output.contains("✗ questions"))
    #expect(refused.words.contains("Nothing was sent."))
  }
}
