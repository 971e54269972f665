import Foundation
import Testing

/// Whoever waits says for what and until when, and what a person can do wrong ends in one clear line.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A federation that is not well` {
  @Test func `says who is missing, and that a server is away`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(["ashford", "birk", "corvo", "dalen"])
    for name in ["ashford", "birk", "corvo"] { try federation.participate(name) }
    // One is missing: the preparation needs everyone, and the run ends at its deadline, naming who did not come.
    let run = try federation.submit("--set", "federation.deadline=4s")
    let watched = try AtollProcess(
      ["watch", run, "--identity", "server/operator"], in: folder
    ).wait(deadline: 30)
    #expect(watched.status == 1)
    #expect(watched.words.contains("waiting for dalen"))
    #expect(watched.words.contains("missing: dalen"))
    #expect(try federation.stopServer()?.status == 0)
    // Nobody is there any more.
    let alone = try AtollProcess(
      [
        "participate", "task.yaml", "--identity", "dalen.id", "--data", "dalen.csv", "--give-up", "2",
      ], in: folder
    ).wait(deadline: 30)
    #expect(alone.status == 69)
    #expect(alone.words.contains("waiting for localhost:"))
    #expect(alone.words.contains("was away for 2 s"))
    for arguments in [["runs"], ["submit", "task.yaml"], ["watch", run], ["cancel", run]] {
      let ended = try AtollProcess(arguments + ["--identity", "server/operator"], in: folder).wait(
        deadline: 30)
      #expect(ended.status == 69, "\(arguments): \(ended.errors)")
      #expect(ended.words.contains("cannot be reached"))
    }
  }

  @Test func `says whom it lost in the midst of a round, and goes on without`() throws {
    let federation = try Federation(
      .tumours(
        "lost", model: "logistic", training: "{learning-rate: 0.1, batch-size: 16}",
        federation: "{rounds: 1, quorum: 0.75, deadline: 8s}"))
    try federation.serve()
    try federation.enroll(["ashford", "birk", "corvo", "dalen"])
    for name in ["ashford", "birk", "corvo"] { try federation.participate(name) }
    // One that is asked and never answers, because its own program sleeps.
    try federation.participate("dalen", "--trainer", "sh -c 'sleep 600'")
    let run = try federation.submit()
    let watching = try AtollProcess(
      ["watch", run, "--identity", "server/operator"], in: federation.folder)
    let deadline = Date(timeIntervalSinceNow: 30)
    while !watching.errors.contains("waiting for dalen") {
      try #require(Date.now < deadline, "\(watching.errors)")
      usleep(5000)
    }
    try federation.kill("dalen")
    let watched = try watching.wait(deadline: 60)
    // Until when, and how many are there.
    #expect(watched.words.contains("s left, 3 of 4 in"), "\(watched.words)")
    #expect(watched.status == 0, "\(watched.errors)")
    for name in ["ashford", "birk", "corvo"] { #expect(try federation.end(of: name).status == 0) }
  }

  @Test func `goes on with an upload when the server is killed in the midst of it`() throws {
    let federation = try Federation(
      .tumours(
        "wide", model: "{kind: mlp, hidden: [1500, 1500]}", training: "{learning-rate: 0.01, batch-size: 64}",
        federation: "{rounds: 2}"))
    let folder = federation.folder
    let hospitals = ["ashford", "birk", "corvo", "dalen"]
    try federation.serve()
    try federation.enroll(hospitals)
    for name in hospitals { try federation.participate(name) }
    let run = try federation.submit()
    try federation.awaitEvent("birk", "\"sending\"")
    try federation.killServer()
    // Everyone says for whom it waits.
    for name in hospitals { try federation.awaitEvent(name, "\"waiting\"") }
    try federation.serve()
    let watched = try federation.watch(run, to: "result", deadline: 60)
    #expect(watched.status == 0, "\(watched.errors)")
    let simulated = try atoll("run", "task.yaml", "--json", "--out", "simulated", in: folder)
    #expect(try watched.model() == simulated.model())
    for name in hospitals {
      #expect(try federation.end(of: name).status == 0)
      let receipts = try atoll("receipt", "\(name).id/state/receipts.jsonl", "--json", in: folder)
      #expect(receipts.status == 0)
      // Sent in two streams, it left once.
      let hashes = try receipts.events().compactMap { $0["sha256"] as? String }
      #expect(Set(hashes).count == hashes.count && !hashes.isEmpty)
    }
  }

  @Test func `lets in nobody without an invitation, and each invitation once`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(["ashford"])
    // The same invitation again, for another key.
    let replayed = try atoll(
      "enroll", federation.url, "--invitation", "ashford.invite", "--identity", "thief", in: folder)
    #expect(replayed.status == 76)
    #expect(replayed.words.contains("has been used already"))
    // The same name again.
    let twice = try atoll("invite", "ashford", "--state", "server", in: folder)
    #expect(twice.status == 76)
    #expect(twice.words.contains("is enrolled already"))
    // What would leave is told before anything does.
    let rehearsed = try atoll("rehearse", "task.yaml", "--data", "ashford.csv", "--json", in: folder)
    #expect(rehearsed.status == 0, "\(rehearsed.errors)")
    let kinds = try rehearsed.events().compactMap { $0["kind"] as? String }
    #expect(kinds.first == "columns" && kinds.suffix(2) == ["train-plain", "evaluate"])
    // A participant is no operator.
    let submitted = try atoll("submit", "task.yaml", "--identity", "ashford.id", in: folder)
    #expect(submitted.status == 76)
    #expect(submitted.words.contains("ashford is a participant"))
    // Another federation's identity.
    let other = try Federation(.logistic)
    try other.serve()
    let stranger = try AtollProcess(
      ["enroll", federation.url, "--invitation", other.folder.path + "/x.invite", "--identity", "x"],
      in: folder)
    _ = try stranger.wait()
    let invited = try atoll("invite", "x", "--state", "server", in: other.folder)
    try folder.write(invited.output, to: "x.invite")
    let ended = try atoll("enroll", federation.url, "--invitation", "x.invite", "--identity", "x", in: folder)
    #expect(ended.status == 76, "\(ended.errors)")
    #expect(ended.words.contains("certificate"))
    // A task for who is not enrolled.
    let early = try atoll("submit", "task.yaml", "--identity", "server/operator", in: folder)
    #expect(early.status == 65)
    #expect(early.words.contains("birk, corvo, dalen"))
    // Who is revoked is turned away, and may be invited anew.
    #expect(try atoll("revoke", "ashford", "--state", "server", in: folder).status == 0)
    #expect(try atoll("revoke", "ashford", "--state", "server", in: folder).status == 76)
    let revoked = try atoll(
      "participate", "task.yaml", "--identity", "ashford.id", "--data", "ashford.csv", in: folder)
    #expect(revoked.status == 76)
    #expect(revoked.words.contains("has been revoked"))
    let members = try atoll("members", "--state", "server", in: folder)
    #expect(members.output.contains("participant, revoked"))
    #expect(try atoll("invite", "ashford", "--state", "server", in: folder).status == 0)
    // A second server on the same state.
    let second = try atoll("serve", "--state", "server", "--listen", "127.0.0.1:0", in: folder)
    #expect(second.status == 75)
    // A port that is taken.
    let port = String(federation.url.split(separator: ":").last ?? "")
    let taken = try atoll("serve", "--state", "second", "--listen", "127.0.0.1:\(port)", in: folder)
    #expect(taken.status == 75, "\(taken.errors)")
    #expect(taken.words.contains("another program has the port"))
  }
}
