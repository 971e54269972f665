import AtollNumerics
import Foundation
import Testing

/// Runs that are killed at any moment and resumed end with the bytes of those that are left alone.
@Suite(.serialized) struct `A killed run` {
  /// Long enough to be hit often.
  private static let studies = [
    (study: Study.logistic, rounds: 150), (.multilayer, 60), (.svm, 150), (.cnn, 25),
  ]

  private func run(_ rounds: Int, to out: String) -> [String] {
    ["run", "task.yaml", "--json", "--set", "federation.rounds=\(rounds)", "--out", out]
  }

  private func isBegun(_ folder: Folder) -> Bool { folder.has("run/state/header.json") }

  @Test(arguments: Self.studies)
  func `ends with the same model and manifest`(_ study: Study, rounds: Int) throws {
    let folder = try study.folder()
    let clock = ContinuousClock()
    var ended: Ended?
    let whole = try clock.measure {
      ended = try AtollProcess(run(rounds, to: "whole"), in: folder).wait()
    }
    let model = try #require(ended).model()

    var coins = RandomStream(seed: 9, purpose: .network)
    var kills = 0
    var finished: Ended?
    for attempt in 0..<60 where finished == nil {
      let process = try AtollProcess(
        isBegun(folder) ? ["run", "--resume", "run", "--json"] : run(rounds, to: "run"), in: folder)
      if attempt == 0 {
        // As early as there is something to resume: before the first exchange is done.
        while !isBegun(folder) { usleep(200) }
        process.send(SIGKILL)
      }
      let patience = kills < 10 ? (whole / .seconds(1)) * (0.02 + 0.3 * coins.uniform()) : 120
      let ended = try process.end(after: patience)
      if ended.isKilled {
        kills += 1
        // A run that had not begun leaves nothing that has to be kept.
        if !isBegun(folder) { folder.remove("run") }
      } else {
        try #require(ended.status == 0, "\(ended.errors)")
        finished = ended
      }
    }
    // How many depends on the machine: each attempt gets a share of the time that the whole run took.
    #expect(kills >= 4, "\(kills) kills")
    #expect(try #require(finished).model() == model)
    #expect(try folder.bytes("run/model.safetensors") == folder.bytes("whole/model.safetensors"))
    #expect(try folder.bytes("run/model.json") == folder.bytes("whole/model.json"))
    #expect(try folder.bytes("run/manifest.json") == folder.bytes("whole/manifest.json"))
    #expect(!folder.has("run/state"))
    #expect(try roundsTold(by: "run", in: folder) == Array(1...rounds))
    print("\(study.name): \(rounds) rounds in \(whole), then killed \(kills) times")
  }

  /// Numbers of the rounds that `events.jsonl` tells of.
  private func roundsTold(by run: String, in folder: Folder) throws -> [Int] {
    try folder.text(run + "/events.jsonl").split(separator: "\n").compactMap { line in
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return event?["event"] as? String == "round" ? event?["round"] as? Int : nil
    }
  }
}
