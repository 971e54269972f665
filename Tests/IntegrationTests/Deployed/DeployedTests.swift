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
    let place = try #require(try exported.events().first?["folder"] as? String).replacing(
      folder.path + "/", with: "")
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

  @Test func `learns from images, and ends with the model of atoll run`() throws {
    let federation = try Federation(.scans)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals {
      // Two files or their folder.
      try federation.participate(
        name, data: name == "birk" ? name : "images:\(name)/images.idx,\(name)/labels.idx")
    }
    let run = try federation.submit()
    let watched = try federation.watch(run, to: "result", deadline: 60)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name).status == 0) }
    let simulated = try atoll("run", "task.yaml", "--json", "--out", "simulated", in: folder)
    #expect(try watched.model() == simulated.model())
    #expect(
      try folder.bytes("result/model.safetensors") == folder.bytes("simulated/model.safetensors"))
    #expect(try folder.bytes("result/model.json") == folder.bytes("simulated/model.json"))
    for line in [
      ["verify", "result"], ["report", "result"], ["predict", "result", "birk/images.idx"],
      ["evaluate", "result", "birk/images.idx", "--labels", "birk/labels.idx"],
    ] {
      let ended = try AtollProcess(line, in: folder).wait(deadline: 60)
      #expect(ended.status == 0, "\(line): \(ended.errors)")
    }
    // Without the keys nobody could make the same examples of them.
    let open = try atoll(
      "submit", "task.yaml", "--identity", "server/operator", "--set", "data.shape=", in: folder)
    #expect(open.status == 65)
    #expect(open.words.contains("data.shape is missing"), "\(open.errors)")
  }
}
