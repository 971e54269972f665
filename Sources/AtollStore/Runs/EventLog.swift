public import AtollFederation
public import AtollLearning
import FoundationEssentials

/// A run's `events.jsonl`.
public struct EventLog: Sendable {
  /// The file.
  public let path: String

  /// - Parameter folder: the run's.
  public init(in folder: String) { path = folder + "/events.jsonl" }

  /// Adds an event.
  public func append(_ event: RunEvent) throws {
    try AtollStore.append(CanonicalJSON.encode(event), to: path)
  }

  /// Makes the log end with the last committed round: after a kill it may lack a round, or have half a line.
  ///
  /// - Parameter run: the run whose log it is.
  /// - Throws: ``StoreError``.
  public func mend(after run: RunDirectory) throws {
    var known: [Int: Data] = [:]
    if FileManager.default.fileExists(atPath: path) {
      try forEachLine(of: path) { line in
        if let round = try? CanonicalJSON.decode(RoundNumber.self, from: line) { known[round.round] = line }
        return .on
      }
    }
    let mended = try AtomicWriter(path)
    try run.forEachRound { report in
      // How long the round took is lost with the line.
      let line = try known[report.round] ?? CanonicalJSON.encode(RunEvent.round(report, seconds: 0))
      try mended.write(line + [UInt8(ascii: "\n")])
    }
    try mended.commit(durably: false)
  }

  /// The first round of which the log does not tell what was recorded, but for how long it took; nil when all agree.
  ///
  /// - Throws: ``StoreError``.
  public func firstDisagreement(with records: [ExchangeRecord]) throws -> Int? {
    var told: [Int: Data] = [:]
    for line in try readFile(path).split(separator: UInt8(ascii: "\n")) {
      guard let time = try? CanonicalJSON.decode(RoundTime.self, from: Data(line)) else { continue }
      told[time.round] = Data(line)
    }
    return try records.compactMap(\.round).first { report in
      guard let line = told[report.round] else { return true }
      let time = try CanonicalJSON.decode(RoundTime.self, from: line)
      return try CanonicalJSON.encode(RunEvent.round(report, seconds: time.seconds)) != line
    }?.round
  }

  private struct RoundNumber: Decodable { var round: Int }
  private struct RoundTime: Decodable {
    var round: Int
    var seconds: Double
  }

  /// What the last event of a finished run tells of its quality.
  public struct Figures: Decodable, Sendable {
    /// On all held-out rows.
    public let metrics: [Metric: Double]?
    /// The mean over participants of the figures on each one's own held-out rows.
    public let mean: [Metric: Double]?
    /// By name: `local` and `pooled`.
    public let baselines: [String: [Metric: Double]]

    private enum CodingKeys: String, CodingKey {
      case metrics, baselines
      case mean = "metrics_mean"
    }
  }

  /// The figures of a finished run.
  ///
  /// - Throws: ``StoreError`` when the log does not end with them.
  public func figures() throws -> Figures {
    let lines = try readFile(path).split(separator: UInt8(ascii: "\n"))
    guard let last = lines.last, let figures = try? CanonicalJSON.decode(Figures.self, from: Data(last))
    else {
      throw StoreError(.corrupt, path: path, "its last line is not the end of a run")
    }
    return figures
  }
}
