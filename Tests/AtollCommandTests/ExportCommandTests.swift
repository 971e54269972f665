import Foundation
import Testing

@Suite struct ExportCommandTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    _ = try Program.run("new", "study", in: folder)
    let ran = try Program.run(
      "run", "study/task.yaml", "--set", "federation.rounds=3", "--out", "runs/it's 1", in: folder)
    #expect(ran.status == 0, "\(ran.errors)")
  }

  /// `key: value` lines of a flat YAML file, without quotes.
  func meta(_ path: String) throws -> [String: String] {
    var entries: [String: String] = [:]
    for line in try folder.text(path).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      let text = try #require(parts.last)
      entries[parts[0]] =
        text.hasPrefix("'") ? String(text.dropFirst().dropLast()).replacing("''", with: "'") : text
    }
    return entries
  }

  @Test func `a run lies as MLflow's file store documents it`() throws {
    let ended = try Program.run("export", "mlflow", "runs/it's 1", "--out", "ml runs", "--json", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let event = try #require(try ended.events().first)
    let experiment = try #require(event["experiment_id"] as? String)
    let run = try #require(event["run_id"] as? String)
    #expect(Int(experiment) != nil && experiment.count == 18)
    #expect(run.count == 32 && run.allSatisfy { $0.isHexDigit })

    let store = "ml runs/\(experiment)"
    let about = try meta("\(store)/meta.yaml")
    #expect(about["name"] == "breast-tumours")
    #expect(about["experiment_id"] == experiment)
    #expect(about["lifecycle_stage"] == "active")
    let own = try meta("\(store)/\(run)/meta.yaml")
    #expect(
      Set(own.keys) == [
        "artifact_uri", "end_time", "entry_point_name", "experiment_id", "lifecycle_stage", "run_id",
        "run_name",
        "run_uuid", "source_name", "source_type", "source_version", "start_time", "status", "tags", "user_id",
      ])
    #expect(own["status"] == "3" && own["run_name"] == "it's 1" && own["run_uuid"] == run)
    // Blanks and quotes are not lawful in a URI.
    let uri = try #require(own["artifact_uri"])
    #expect(uri.hasPrefix("file:///") && uri.hasSuffix("/ml%20runs/\(experiment)/\(run)/artifacts"))
    let (start, end) = (try #require(Int(own["start_time"] ?? "")), try #require(Int(own["end_time"] ?? "")))
    #expect(start <= end && end > 1_700_000_000_000)

    let place = "\(store)/\(run)"
    #expect(try folder.text("\(place)/params/federation.rounds") == "3")
    #expect(try folder.text("\(place)/params/training.learning-rate") == "0.1")
    #expect(try folder.text("\(place)/params/model") == "logistic")
    let lines = try folder.text("\(place)/metrics/auc").split(separator: "\n").map {
      $0.split(separator: " ")
    }
    #expect(lines.count == 3)
    for (round, line) in lines.enumerated() {
      #expect(line.count == 3 && line[2] == "\(round + 1)")
      let time = try #require(Int(line[0]))
      #expect(start <= time && time <= end)
      #expect((0.5...1).contains(try #require(Double(line[1]))))
    }
    #expect(try folder.text("\(place)/metrics/site/ashford/alone/accuracy").hasSuffix(" 3\n"))
    #expect(folder.names.contains("\(place)/metrics/baseline/pooled/loss"))
    #expect(try folder.text("\(place)/tags/mlflow.runName") == "it's 1")
    #expect(
      try folder.bytes("\(place)/artifacts/model.safetensors")
        == folder.bytes("runs/it's 1/model.safetensors"))
    #expect(folder.names.contains("\(place)/artifacts/report.html"))
    // What MLflow refuses in a key would end its reading of the whole run.
    let keys = folder.names.filter { $0.hasPrefix("\(place)/metrics/") || $0.hasPrefix("\(place)/params/") }
    for key in keys {
      #expect(
        key.dropFirst(place.count).allSatisfy {
          $0.isASCII && ($0.isLetter || $0.isNumber || "_-. :/".contains($0))
        })
    }
  }

  @Test func `a second run joins its experiment, and none is overwritten`() throws {
    let first = try Program.run("export", "mlflow", "runs/it's 1", "--out", "mlruns", "--json", in: folder)
    let again = try Program.run("export", "mlflow", "runs/it's 1", "--out", "mlruns", in: folder)
    #expect(again.status == 73)
    #expect(again.errors.contains("Nothing was exported."))
    _ = try Program.run(
      "run", "study/task.yaml", "--set", "federation.rounds=2", "--out", "runs/2", in: folder)
    let second = try Program.run("export", "mlflow", "runs/2", "--out", "mlruns", "--json", in: folder)
    #expect(
      try first.events().first?["experiment_id"] as? String == second.events().first?["experiment_id"]
        as? String)
    let named = try Program.run(
      "export", "mlflow", "runs/2", "--out", "mlruns", "--experiment", "other", "--json", in: folder)
    #expect(
      try named.events().first?["experiment_id"] as? String != second.events().first?["experiment_id"]
        as? String)
    #expect(named.status == 0)
  }

  @Test func `what is no run, or has not ended, is not exported`() throws {
    let none = try Program.run("export", "mlflow", "study", "--out", "mlruns", in: folder)
    #expect(none.status == 65)
    #expect(none.errors.contains("there is no run here"))
    #expect(!folder.names.contains("mlruns"))
  }
}
