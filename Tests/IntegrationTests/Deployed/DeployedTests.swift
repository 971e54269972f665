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
    let again = try atoll(
      "run", "task.yaml", "--json", "--out", "again", "--contributors", "result", in: folder)
    #expect(try again.model() == simulated.model())
    let listed = try atoll("runs", "--identity", "server/operator", in: folder)
    #expect(listed.output.contains("finished, round 4 of 4"))
    #expect(try federation.stopServer()?.status == 0)
  }
}
