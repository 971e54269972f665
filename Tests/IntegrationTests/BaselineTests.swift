import Foundation
import Testing

/// What participants reach alone and with all data in one place, where that is not straightforward.
@Suite struct `Baselines` {
  /// The tumours with their default baselines, after a change to a site.
  private func finished(_ arguments: String..., change: (Folder) throws -> Void = { _ in }) throws -> [String:
    Any]
  {
    let folder = try Study.logistic.folder()
    try change(folder)
    let ended = try AtollProcess(
      ["run", "task.yaml", "--json", "--out", "run", "--set", "evaluation.baselines=[local, pooled]"]
        + arguments,
      in: folder
    ).wait()
    try #require(ended.status == 0, "\(ended.errors)")
    return try ended.finished()
  }

  private func alone(_ finished: [String: Any]) throws -> [String: [String: Double]] {
    let sites = try #require(finished["sites"] as? [String: [String: [String: Double]]])
    return sites.compactMapValues { $0["alone"] }
  }

  @Test func `of a site that has one class only are those of a model that knows no other`() throws {
    let finished = try finished { folder in
      let text = try folder.text("dalen.csv").split(separator: "\n")
      let ill = [text[0]] + text.dropFirst().filter { $0.hasSuffix(",1") }
      try folder.write(ill.joined(separator: "\n") + "\n", to: "dalen.csv")
    }
    let alone = try alone(finished)
    #expect(alone.count == 4)
    #expect(alone["dalen"]?["accuracy"] == 1)
    let baselines = try #require(finished["baselines"] as? [String: [String: Double]])
    #expect(try #require(baselines["local"]?["accuracy"]) < #require(baselines["pooled"]?["accuracy"]))
  }

  @Test func `leave out a site that has nothing to learn from`() throws {
    let finished = try finished("--set", "data.test=0") { folder in
      let text = try folder.text("dalen.csv").split(separator: "\n")
      try folder.write(text.prefix(2).joined(separator: "\n") + "\n", to: "dalen.csv")
    }
    #expect(finished["event"] as? String == "finished")
  }

  @Test func `of all data in one place may come to no model, and the run to its end`() throws {
    let folder = try Study.logistic.folder()
    let ended = try AtollProcess(
      [
        "run", "task.yaml", "--json", "--out", "run", "--set", "evaluation.baselines=[local, pooled]",
        "--set", "protection.range=0.42", "--set", "training.local-epochs=5",
      ], in: folder
    ).wait()
    try #require(ended.status == 0, "\(ended.errors)")
    #expect(ended.output.contains("the baseline pooled has no model: the update of output.weight"))
    // `finished` is the last event, whatever else there is to say.
    #expect(ended.output.split(separator: "\n").last?.contains(#""event":"finished""#) == true)
    let baselines = try #require(try ended.finished()["baselines"] as? [String: [String: Double]])
    #expect(baselines.keys.sorted() == ["local"])
  }

  @Test func `of all data in one place may have more rows than one participant may weigh`() throws {
    // The largest site trains on 186 rows, all four together on 398.
    let narrow = try finished("--set", "protection.weight-cap=200")
    let wide = try finished()
    let pooled = try [narrow, wide].map {
      try #require($0["baselines"] as? [String: [String: Double]])["pooled"]
    }
    #expect(pooled[0]?["accuracy"] == pooled[1]?["accuracy"])
    #expect(narrow["model_sha256"] as? String == wide["model_sha256"] as? String)
  }
}
