import AtollFederation
import AtollLearning
import AtollNumerics
import FoundationEssentials

/// Writes a run as MLflow's file store keeps one, so that tools which read `mlruns` show it beside others.
///
/// ```
/// mlruns/EXPERIMENT/meta.yaml            one experiment for each name
/// mlruns/EXPERIMENT/RUN/meta.yaml        state, times, where the artifacts lie
/// mlruns/EXPERIMENT/RUN/params/KEY       a setting of the task
/// mlruns/EXPERIMENT/RUN/metrics/KEY      a line for each round: milliseconds since 1970, value, round
/// mlruns/EXPERIMENT/RUN/tags/KEY         a text
/// mlruns/EXPERIMENT/RUN/artifacts/       the run's own files
/// ```
/// The layout is that of MLflow 2 and 3 (`mlflow/store/tracking/file_store.py`). Times of rounds are counted from the run's
/// start by how long each took.
public struct MLflowExport: Sendable {
  /// The experiment's number, which is its folder.
  public let experiment: String
  /// The run's number, which is its folder: the first half of the SHA-256 of the run's header.
  public let run: String
  /// The run's folder.
  public let folder: String

  /// Longest value of a parameter that MLflow takes.
  private static let longestParameter = 6000

  /// Exports a run that has ended, well or not.
  ///
  /// - Parameters:
  ///   - source: the run's folder.
  ///   - store: MLflow's folder, such as `mlruns`; made where it is not there.
  ///   - name: the experiment's name; nil for the task's.
  /// - Throws: ``StoreError``: `.unfinished` for a run that goes on, `.cannotWrite` where the run is exported already.
  public init(of source: String, to store: String, experiment name: String? = nil) throws {
    let record = try RunRecord.read(source)
    let name = name ?? record.task.name
    let store = absolute(store)
    var making = Making()
    do {
      let ending = try RunEnding(record, in: source)
      experiment = try Self.experiment(named: name, in: store, at: ending.start, making: &making)
      run = String(try record.header.hash.hexadecimal.prefix(32))
      folder = "\(store)/\(experiment)/\(run)"
      try requireNewFolder(folder)
      for part in ["metrics", "params", "tags", "artifacts"] { try making.folder("\(folder)/\(part)") }
      try Self.writeParameters(of: record, to: folder, making: &making)
      try Self.writeMetrics(of: record, ending, to: folder, making: &making)
      try Self.writeTags(of: record, ending, named: source, to: folder, making: &making)
      for file in [
        "task.yaml", "manifest.json", "events.jsonl", "model.safetensors", "model.json", "report.html",
      ] {
        guard FileManager.default.fileExists(atPath: "\(source)/\(file)") else { continue }
        try making.file(readBytes("\(source)/\(file)", limit: 1 << 34), at: "\(folder)/artifacts/\(file)")
      }
      // Last: a folder without it is no run.
      try making.file(
        MetaFile([
          ("artifact_uri", .text(fileURI("\(folder)/artifacts"))), ("end_time", .number(ending.end)),
          ("entry_point_name", .text("")), ("experiment_id", .text(experiment)),
          ("lifecycle_stage", .text("active")), ("run_id", .text(run)),
          ("run_name", .text(lastPart(of: source))), ("run_uuid", .text(run)), ("source_name", .text("")),
          ("source_type", .number(4)), ("source_version", .text("")), ("start_time", .number(ending.start)),
          ("status", .number(ending.status)), ("tags", .none), ("user_id", .text("atoll")),
        ]).bytes, at: "\(folder)/meta.yaml")
    } catch {
      making.undo()
      throw error
    }
  }

  // MARK: Parts

  /// The number of the experiment of that name, which is made where there is none.
  private static func experiment(
    named name: String, in store: String, at time: Int, making: inout Making
  ) throws -> String {
    let line = "name: \(MetaFile.quoted(name))"
    for folder in (try? FileManager.default.contentsOfDirectory(atPath: store))?.sorted() ?? [] {
      guard let text = try? readPrefix(of: "\(store)/\(folder)/meta.yaml", limit: 1 << 16) else { continue }
      let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
      if lines.contains(where: { $0 == line || $0 == "name: \(name)" }) { return folder }
    }
    // As MLflow makes them: 18 digits. These follow from the name.
    let number = ContentHash(of: Array(name.utf8)).prefix % 900_000_000_000_000_000 + 100_000_000_000_000_000
    let experiment = String(number)
    try making.folder("\(store)/\(experiment)")
    try making.file(
      MetaFile([
        ("artifact_location", .text(fileURI("\(store)/\(experiment)"))), ("creation_time", .number(time)),
        ("experiment_id", .text(experiment)), ("last_update_time", .number(time)),
        ("lifecycle_stage", .text("active")), ("name", .text(name)),
      ]).bytes, at: "\(store)/\(experiment)/meta.yaml")
    return experiment
  }

  private static func writeParameters(
    of record: RunRecord, to folder: String, making: inout Making
  ) throws {
    for (key, value) in record.task.settings {
      try making.file(Array(value.prefix(longestParameter).utf8), at: "\(folder)/params/\(key)")
    }
  }

  private static func writeMetrics(
    of record: RunRecord, _ ending: RunEnding, to folder: String, making: inout Making
  ) throws {
    var lines: [String: [String]] = [:]
    func add(_ value: Double?, _ key: String, at time: Int, step: Int) {
      guard let value, value.isFinite else { return }
      lines[key, default: []].append("\(time) \(value) \(step)")
    }
    let metrics = record.task.evaluation.metrics
    var time = Double(ending.start)
    for round in record.rounds {
      time += 1000 * round.seconds
      let (step, now) = (round.report.round, min(Int(time), ending.end))
      for metric in metrics {
        add(round.report.evaluation?.pooled[metric], metric.rawValue, at: now, step: step)
      }
      add(Double(round.report.participants), "participants", at: now, step: step)
      add(Double(round.report.bytesUp), "bytes_up", at: now, step: step)
      add(Double(round.report.bytesDown), "bytes_down", at: now, step: step)
    }
    if let finished = record.finished {
      for metric in metrics {
        for (name, evaluation) in finished.baselines {
          add(
            evaluation[metric], "baseline/\(name)/\(metric.rawValue)", at: ending.end, step: finished.rounds)
        }
        for (site, figures) in finished.sites {
          for (name, evaluation) in figures {
            add(
              evaluation[metric], "site/\(safe(site.name))/\(name)/\(metric.rawValue)", at: ending.end,
              step: finished.rounds)
          }
        }
      }
    }
    for (key, values) in lines.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder)/metrics/\(key)"
      if let end = path.lastIndex(of: "/") { try making.folder(String(path[..<end])) }
      try making.file((values.joined(separator: "\n") + "\n").utf8, at: path)
    }
  }

  private static func writeTags(
    of record: RunRecord, _ ending: RunEnding, named source: String, to folder: String, making: inout Making
  ) throws {
    var tags = [
      "mlflow.runName": lastPart(of: source), "mlflow.source.name": "atoll", "mlflow.source.type": "LOCAL",
      "mlflow.user": "atoll", "mlflow.note.content": record.task.summary().title,
      "atoll.version": record.header.atoll, "atoll.task_sha256": record.header.task.hexadecimal,
      "atoll.participants": String(record.header.participants.count),
    ]
    tags["atoll.model_sha256"] = record.finished?.hash.hexadecimal
    tags["atoll.failure"] = ending.failure
    tags["atoll.trainer"] = record.header.trainer
    for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
      try making.file(Array(value.utf8), at: "\(folder)/tags/\(key)")
    }
  }

  /// Of a name, what MLflow takes for a part of a key.
  private static func safe(_ name: String) -> String {
    let allowed = String.UnicodeScalarView(
      name.unicodeScalars.map { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "_-. ".unicodeScalars.contains(scalar))
          ? scalar : "_"
      })
    return String(allowed)
  }
}

/// How and when a run ended.
private struct RunEnding {
  /// Milliseconds since 1970.
  let start: Int
  let end: Int
  /// MLflow's number of it.
  let status: Int
  var failure: String?

  init(_ record: RunRecord, in folder: String) throws {
    let rounds = record.rounds.reduce(0) { $0 + $1.seconds }
    let time: String
    let seconds: Double
    switch record.ending {
    case .finished(let end): (time, seconds, status) = (end.time, max(end.seconds, rounds), 3)
    case .failed(let end):
      (time, seconds, status) = (end.time, rounds, 4)
      failure = end.reason
    case .none: throw StoreError(.unfinished, path: folder, "this run is not finished")
    }
    guard let date = try? Date(time, strategy: .iso8601) else {
      throw StoreError(.corrupt, path: folder + "/events.jsonl", "“\(time)” is no time")
    }
    end = Int(date.timeIntervalSince1970 * 1000)
    start = end - Int(seconds * 1000)
  }
}

/// A `meta.yaml`: keys in order, each with a text or a number.
private struct MetaFile {
  enum Value {
    case text(String)
    case number(Int)
    /// An empty list.
    case none
  }

  let bytes: [UInt8]

  init(_ entries: [(String, Value)]) {
    let lines = entries.map { key, value in
      switch value {
      case .text(let text): "\(key): \(Self.quoted(text))"
      case .number(let number): "\(key): \(number)"
      case .none: "\(key): []"
      }
    }
    bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}

private func absolute(_ path: String) -> String {
  path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
}

private func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

/// RFC 8089, with everything but unreserved characters (RFC 3986 §2.3) and slashes as percent-encoded bytes.
private func fileURI(_ path: String) -> String {
  var text = "file://"
  for byte in path.utf8 {
    let scalar = Unicode.Scalar(byte)
    if scalar.isASCII,
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "/-._~".unicodeScalars.contains(scalar)
    {
      text.unicodeScalars.append(scalar)
    } else {
      let digits = String(byte, radix: 16, uppercase: true)
      text += "%" + (digits.count < 2 ? "0" : "") + digits
    }
  }
  return text
}
