public import AtollFederation
import FoundationEssentials

/// A run's `events.jsonl`.
public struct EventLog: Sendable {
  public let path: String

  public init(of run: RunDirectory) { path = run.path + "/events.jsonl" }

  /// Adds an event.
  public func append(_ event: RunEvent) throws {
    try AtollStore.append(CanonicalJSON.encode(event), to: path)
  }

  /// Makes the log end with the last committed round: after a kill it may lack a round, or have half a line; after a
  /// failure it tells of that.
  public func mend(after records: [ExchangeRecord]) throws {
    var known: [Int: Data] = [:]
    if FileManager.default.fileExists(atPath: path) {
      for line in try readFile(path).split(separator: UInt8(ascii: "\n")) {
        if case .round(let report, _)? = try? CanonicalJSON.decode(RunEvent.self, from: Data(line)) {
          known[report.round] = Data(line)
        }
      }
    }
    var text = Data()
    for report in records.compactMap(\.round) {
      // How long the round took is lost with the line.
      text += try known[report.round] ?? CanonicalJSON.encode(RunEvent.round(report, seconds: 0))
      text.append(UInt8(ascii: "\n"))
    }
    try writeAtomically(text, to: path, durably: false)
  }
}
