public import AtollFederation
import FoundationEssentials

extension RunRecord {
  /// Reads what is on record in a run's folder, finished or not, and changes nothing there.
  ///
  /// - Throws: ``StoreError``: `.notFound` where there is no run, `.corrupt` where a file is not what Atoll writes;
  ///   `InvalidTask`.
  public static func read(_ folder: String) throws -> RunRecord {
    let files = FileManager.default
    let header: RunHeader
    var exchanges: [ExchangeRecord]
    let isFinished = files.fileExists(atPath: folder + "/manifest.json")
    if isFinished {
      let manifest = try Manifest.read(folder + "/manifest.json")
      (header, exchanges) = (manifest.header, manifest.exchanges)
    } else if files.fileExists(atPath: folder + "/state/header.json") {
      header = try readJSON(RunHeader.self, folder + "/state/header.json")
      exchanges = try lines(of: folder + "/state/journal.jsonl", as: ExchangeRecord.self)
    } else {
      throw StoreError(.notFound, path: folder, "there is no run here")
    }
    let task = try FederatedTask(
      yaml: String(decoding: readFile(folder + "/task.yaml", limit: 1 << 20), as: UTF8.self),
      file: folder + "/task.yaml")
    let events = try lines(of: folder + "/events.jsonl", as: RunEvent.self)
    let record = RunRecord(task: task, header: header, exchanges: exchanges, events: events)
    guard !isFinished || record.finished != nil else {
      throw StoreError(
        .corrupt, path: folder + "/events.jsonl", "the event “finished” of this finished run is not there")
    }
    return record
  }

  /// The lines of a log; one that a kill cut off ends it.
  private static func lines<Line: Decodable>(of path: String, as type: Line.Type) throws -> [Line] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    var lines: [Line] = []
    for line in try readFile(path).split(separator: UInt8(ascii: "\n")) {
      guard let line = try? CanonicalJSON.decode(Line.self, from: Data(line)) else { break }
      lines.append(line)
    }
    return lines
  }
}
