import AtollNumerics
import Foundation
import Testing

/// The session of the README, in processes: they end with the bytes of `atoll run`, whoever is killed meanwhile.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `A federation of processes` {
  private static let hospitals = ["ashford", "birk", "corvo", "dalen"]

  @Test func `ends with the model of atoll run, and every command takes it`() throws {
    let federation = try Federation(.multilayer)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    let watched = try federation.watch(run, to: "result", deadline: 60)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name).status == 0) }

    let simulated = try atoll("run", "task.yaml", "--json", "--out", "simulated", in: folder)
    #expect(try watched.model() == simulated.model())
    #expect(
      try folder.bytes("result/model.safetensors") == folder.bytes("simulated/model.safetensors"))
    #expect(try atoll("verify", "result", in: folder).status == 0)
    #expect(try atoll("predict", "result", "birk.csv", in: folder).status == 0)
    #expect(try atoll("report", "result", in: folder).status == 0)
    let exported = try atoll("export", "mlflow", "result", "--out", "mlruns", "--json", in: folder)
    #expect(exported.status == 0, "\(exported.errors)")
    let place = try #require(try exported.events().first?["folder"] as? String)
    #expect(try folder.text("\(place)/metrics/loss").split(separator: "\n").count == 4)
    #expect(
      try folder.bytes("\(place)/artifacts/model.safetensors") == folder.bytes("result/model.safetensors"))
    let again = try atoll(
      "run", "task.yaml", "--json", "--out", "again", "--contributors", "result", in: folder)
    #expect(try again.model() == simulated.model())
    let listed = try atoll("runs", "--identity", "server/operator", in: folder)
    #expect(listed.output.contains("finished, round 4 of 4"))
    let served = try #require(try federation.stopServer())
    #expect(served.status == 0)
    let told = try served.events().compactMap { $0["event"] as? String }
    #expect(told.first == "listening")
    #expect(told.count { $0 == "joined" } == 4)
    #expect(told.count { $0 == "committed" } == 4)
    #expect(told.count { $0 == "ended" } == 1)
    // What each participant has of it is told where the task asks for it, as atoll run tells it.
    let sites = { (ended: Ended) in
      try (ended.finished()["sites"] as? [String: [String: [String: Double]]])?.compactMapValues {
        $0["federated"]
      }
    }
    let own = try #require(try sites(watched))
    #expect(Set(own.keys) == Set(Self.hospitals))
    #expect(try own == sites(simulated))
  }

  /// Server and participants are killed at moments drawn by a seed.
  @Test(arguments: [(Study.logistic, 150, 11 as UInt64), (.multilayer, 100, 12), (.adaptive, 100, 13)])
  func `ends with the same model when everyone is killed at any moment`(
    study: Study, rounds: Int, seed: UInt64
  ) throws {
    let federation = try Federation(study)
    let folder = federation.folder
    try folder.write(
      String(decoding: folder.bytes("task.yaml"), as: UTF8.self).replacing(
        #/rounds: \d+/#, with: "rounds: \(rounds)"), to: "task.yaml")
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    var coins = RandomStream(seed: seed, purpose: .network)
    var kills = 0
    var isOver = false
    let deadline = Date(timeIntervalSinceNow: 150)
    while !isOver, Date.now < deadline {
      usleep(UInt32(20_000 + 400_000 * coins.uniform()))
      // Enough is enough: from then on everyone is left to finish.
      guard kills < 20 else {
        isOver = Self.hospitals.allSatisfy { federation.hasEnded($0) }
        continue
      }
      let victim = Int(coins.uniform() * 5)
      if victim == 4 {
        try federation.killServer()
        kills += 1
        try federation.serve()
      } else {
        let name = Self.hospitals[victim]
        // One that has ended by itself has seen the end of the run; the others see it, too.
        if federation.hasEnded(name) {
          kills = 20
          continue
        }
        try federation.kill(name)
        kills += 1
        try federation.participate(name)
      }
    }
    let watched = try federation.watch(run, to: "result", deadline: 60)
    try #require(watched.status == 0, "\(watched.errors)")
    let manifest = try atoll(
      "run", "task.yaml", "--json", "--out", "again", "--contributors", "result", in: folder)
    #expect(try watched.model() == manifest.model())
    #expect(try atoll("verify", "result", in: folder).status == 0)
    #expect(isOver, "someone did not hear of the end")
    print("\(study.name): \(rounds) rounds, \(kills) kills")
  }
}
