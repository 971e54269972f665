import AtollServer
import AtollWire

/// What runs: for the figures.
public struct BuildInfo: Hashable, Sendable {
  /// Atoll's version.
  public var version: String
  /// Version of the protocol with participants.
  public var wireProtocol: String

  public init(version: String, wireProtocol: String) {
    self.version = version
    self.wireProtocol = wireProtocol
  }
}

/// The server's figures in Prometheus's text format, version 0.0.4.
struct Exposition {
  let figures: ServerFigures
  let process: ProcessFigures
  let build: BuildInfo

  private enum Kind: String { case counter, gauge, histogram }

  var text: String {
    var text = ""
    func family(
      _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]
    ) {
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
      for sample in samples { text += Self.sample(name, sample.labels, sample.value) }
    }
    family(
      "atoll_build_info", .gauge, "What runs.",
      [
        ([("version", build.version), ("protocol", build.wireProtocol)], 1)
      ])
    family(
      "atoll_runs", .gauge, "Runs by status.",
      figures.runs.sorted { $0.key.rawValue < $1.key.rawValue }.map {
        ([("status", $0.key.rawValue)], Double($0.value))
      })
    family(
      "atoll_run_round", .gauge, "The last round that is committed of each run that goes on.",
      figures.rounds.sorted { $0.key.name < $1.key.name }.map { ([("run", $0.key.name)], Double($0.value)) })
    family(
      "atoll_rounds_total", .counter, "Rounds committed since the server was started.",
      [([], Double(figures.committedRounds))])
    family(
      "atoll_participants_enrolled", .gauge, "Participants that may join.", [([], Double(figures.enrolled))])
    family(
      "atoll_participants_connected", .gauge, "Participants that are connected.",
      [([], Double(figures.connected))])
    family(
      "atoll_refusals_total", .counter, "Answers that were not taken, by reason.",
      figures.refusals.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], Double($0.value)) })
    family(
      "atoll_exchanged_bytes_total", .counter,
      "Bytes of committed rounds since the server was started, in from participants and out to them.",
      [
        ([("direction", "in")], Double(figures.bytesUp)), ([("direction", "out")], Double(figures.bytesDown)),
      ])
    family(
      "atoll_receiving_seconds_total", .counter,
      "Time in which answers were coming in since the server was started; several at once count once.",
      [([], figures.receivingSeconds)])
    text += exchanges
    if let bytes = process.residentBytes {
      family("process_resident_memory_bytes", .gauge, "Memory of the process.", [([], Double(bytes))])
    }
    if let seconds = process.cpuSeconds {
      family("process_cpu_seconds_total", .counter, "Time on processors.", [([], seconds)])
    }
    family(
      "process_start_time_seconds", .gauge, "When the process was started, in seconds since 1970.",
      [([], process.startSeconds)])
    return text
  }

  private var exchanges: String {
    let name = "atoll_exchange_duration_seconds"
    var text = """
      # HELP \(name) From the question of an exchange to its commit.
      # TYPE \(name) histogram

      """
    var count = 0
    for (bound, own) in zip(figures.exchanges.bounds, figures.exchanges.counts) {
      count += own
      text += Self.sample(name + "_bucket", [("le", Self.number(bound))], Double(count))
    }
    text += Self.sample(name + "_bucket", [("le", "+Inf")], Double(figures.exchanges.count))
    text += Self.sample(name + "_sum", [], figures.exchanges.sum)
    return text + Self.sample(name + "_count", [], Double(figures.exchanges.count))
  }

  private static func sample(_ name: String, _ labels: [(String, String)], _ value: Double) -> String {
    let list = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    return name + (list.isEmpty ? "" : "{\(list)}") + " \(number(value))\n"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
