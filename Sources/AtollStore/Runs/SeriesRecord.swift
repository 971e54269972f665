public import AtollFederation
import FoundationEssentials

/// A series of runs of one task with seeds in a row, in a folder that has `series.json`, the task, and a folder for each
/// run.
public struct SeriesRecord: Hashable, Codable, Sendable {
  /// The seed of the first run.
  public let firstSeed: UInt64
  /// How many runs there are.
  public let count: Int

  private enum CodingKeys: String, CodingKey {
    case firstSeed = "first-seed"
    case count = "seeds"
  }

  /// Nil unless there is a run, and the last seed is a number of 64 bits.
  public init?(firstSeed: UInt64, count: Int) {
    guard count > 0, !firstSeed.addingReportingOverflow(UInt64(count - 1)).overflow else { return nil }
    self.firstSeed = firstSeed
    self.count = count
  }

  /// The seed of the last run.
  public var lastSeed: UInt64 { firstSeed + UInt64(count - 1) }

  /// The seeds of all runs.
  public var seeds: ClosedRange<UInt64> { firstSeed...lastSeed }

  /// Where the run with a seed lies in the series' folder.
  public static func folder(of seed: UInt64, in series: String) -> String { "\(series)/seed-\(seed)" }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let record = Self(
      firstSeed: try container.decode(UInt64.self, forKey: .firstSeed),
      count: try container.decode(Int.self, forKey: .count))
    guard let record else {
      throw DecodingError.dataCorruptedError(
        forKey: .count, in: container, debugDescription: "seeds run past 2^64 - 1")
    }
    self = record
  }
}

extension SeriesRecord {
  /// Begins a series.
  ///
  /// - Parameters:
  ///   - folder: the series' own; it must not exist, or be empty.
  ///   - task: canonical text with absolute paths.
  /// - Throws: ``StoreError``: `.cannotWrite` where something is in the folder already, or it cannot be made.
  public func create(in folder: String, task: String) throws {
    try requireNewFolder(folder)
    var making = Making()
    do {
      try making.folder(folder)
      try making.file(task.utf8, at: folder + "/task.yaml")
      // Last, because its presence says that there is a series.
      try making.file(CanonicalJSON.encode(self), at: folder + "/series.json")
    } catch {
      making.undo()
      throw error
    }
  }

  /// The series in a folder; nil where there is none.
  ///
  /// - Throws: ``StoreError`` when `series.json` is damaged.
  public static func read(in folder: String) throws -> SeriesRecord? {
    guard FileManager.default.fileExists(atPath: folder + "/series.json") else { return nil }
    return try readJSON(SeriesRecord.self, folder + "/series.json")
  }

  /// The task of the series in a folder.
  public static func task(in folder: String) throws -> FederatedTask {
    let text = String(decoding: try readFile(folder + "/task.yaml", limit: 1 << 20), as: UTF8.self)
    return try FederatedTask(yaml: text, file: folder + "/task.yaml")
  }
}
