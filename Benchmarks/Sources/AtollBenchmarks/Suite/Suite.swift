import AtollMeasurement
import Foundation

/// Runs jobs and their peers in turn, several times, and takes medians.
struct Suite {
  /// How often each job and each peer runs.
  var repeats = 3
  /// How often a run is tried that something else disturbs.
  var attempts = 3
  /// The folder of the peers' virtual environments; nil: their recorded figures stand in.
  var peers: URL?
  /// The folder of the peers' scripts.
  var scripts: URL?
  var data: URL
  var progress: (String) -> Void

  func rows(of jobs: [Job]) throws -> [Row] {
    if peers != nil {
      progress("data: \(data.path)")
      try DataFiles.prepare(in: data)
    }
    return try jobs.flatMap(rows)
  }

  private func rows(of job: Job) throws -> [Row] {
    var runs: [[Row]] = []
    var theirs: [String: [PeerFigure]] = [:]
    for turn in 1...repeats {
      progress(
        "\(job.workload) \(job.arguments.joined(separator: " ")): \(turn) of \(repeats), load \(load)")
      guard var rows = try undisturbed({ try ours(job) }) else { continue }
      for index in rows.value.indices {
        rows.value[index].otherCores = rows.otherCores
        rows.value[index].disturbed = rows.isDisturbed
      }
      runs.append(rows.value)
      guard let row = rows.value.first else { continue }
      for peer in runnable(of: row) {
        progress("  \(peer.name)")
        guard var figure = try undisturbed({ try run(peer) }) else { continue }
        figure.value.otherCores = figure.otherCores
        figure.value.disturbed = figure.isDisturbed
        theirs[peer.name, default: []].append(figure.value)
      }
    }
    return runs[0].indices.map { index in
      var row = Row(merging: runs.map { $0[index] })
      row.peers = Peer.all(of: row.workload, threads: row.threads, batch: row.batch).map { peer in
        theirs[peer.name].map(PeerFigure.init(merging:))
          ?? PeerFigure(
            peer: peer.name, figure: peer.recorded, peakMB: peer.recordedPeakMB, recorded: true)
      }
      return row
    }
  }

  /// What a run gave, and how far something else disturbed it.
  private struct Watched<Value> {
    var value: Value
    let otherCores: Double?
    var isDisturbed: Bool { (otherCores ?? 0) > Disturbance.threshold }
  }

  /// Runs once more while something else keeps the machine busy, a few times at most; gives the least disturbed run.
  private func undisturbed<Value>(_ run: () throws -> Value?) throws -> Watched<Value>? {
    var best: Watched<Value>?
    for attempt in 1...attempts {
      let disturbance = Disturbance()
      guard let value = try run() else { return best }
      let watched = Watched(value: value, otherCores: disturbance.otherCores)
      if watched.otherCores ?? 0 < best?.otherCores ?? .infinity { best = watched }
      guard watched.isDisturbed else { break }
      let cores = TextReport.number(watched.otherCores ?? 0)
      progress(
        "  disturbed: something else kept \(cores) cores busy"
          + (attempt < attempts ? "; once more" : "; the row is marked"))
    }
    return best
  }

  private func ours(_ job: Job) throws -> [Row] {
    let program = URL(filePath: CommandLine.arguments[0])
    let output = try output(of: program, ["run", job.workload] + job.arguments, isPinned: job.isPinned)
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
  }

  // MARK: Peers

  private func runnable(of row: Row) -> [Peer] {
    guard let peers else { return [] }
    return Peer.all(of: row.workload, threads: row.threads, batch: row.batch).filter { peer in
      peer.isRun
        && FileManager.default.isExecutableFile(
          atPath: peers.appending(path: "\(peer.environment)/\(peer.program)").path)
    }
  }

  /// One run of a peer, with the peak of its process tree; nil where its script fails.
  private func run(_ peer: Peer) throws -> PeerFigure? {
    guard let peers, let scripts else { return nil }
    let bin = peers.appending(path: "\(peer.environment)/bin")
    let arguments =
      [
        "peak.py", "--every", "0.2",
        peers.appending(path: "\(peer.environment)/\(peer.program)").path,
      ] + peer.arguments + (peer.takesData ? ["--data", data.path] : [])
    let output: String
    do {
      output = try self.output(
        of: bin.appending(path: "python"), arguments, isPinned: peer.isPinned, folder: scripts)
    } catch let complaint as Complaint {
      progress("  failed: \(complaint)")
      return nil
    }
    let lines = output.split(separator: "\n")
    guard let line = lines.last(where: { $0.hasPrefix("RESULT ") }),
      let result = try JSONSerialization.jsonObject(with: Data(line.dropFirst(7).utf8)) as? [String: Any],
      let spread = result[peer.key] as? [String: Any], let median = spread["median"] as? Double
    else { return nil }
    let peak = lines.last(where: { $0.hasPrefix("PEAK ") })?.split(separator: " ")
      .first(where: { $0.hasPrefix("pss_mb=") }).flatMap { Double($0.dropFirst(7)) }
    return PeerFigure(peer: peer.name, figure: median, peakMB: peak, recorded: false)
  }

  // MARK: Processes

  /// Runs a program to its end and gives what it printed.
  private func output(
    of program: URL, _ arguments: [String], isPinned: Bool, folder: URL? = nil
  ) throws -> String {
    let process = Process()
    let pin = "/usr/bin/taskset"
    if isPinned, FileManager.default.isExecutableFile(atPath: pin) {
      process.executableURL = URL(filePath: pin)
      let last = ProcessInfo.processInfo.activeProcessorCount - 1
      process.arguments = ["-c", "\(last)", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    if let folder { process.currentDirectoryURL = folder }
    // Scripts write no caches beside themselves.
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    // Theirs may be long; a pipe that nobody reads would stop them.
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Complaint("\(program.lastPathComponent) \(arguments) ended with \(process.terminationStatus)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What else keeps the machine busy: processes that want to run.
  private var load: String {
    (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first.map(
      String.init) ?? "unknown"
  }
}

extension Row {
  /// The median of several processes; smallest and largest of all repeats of all of them.
  init(merging rows: [Row]) {
    let figure = Spread(of: rows.map(\.figure))
    self.init(
      workload: rows[0].workload, threads: rows[0].threads, batch: rows[0].batch, figure: figure.median,
      unit: rows[0].unit, min: rows.map(\.min).min() ?? 0, max: rows.map(\.max).max() ?? 0,
      peakMB: rows.map(\.peakMB).max() ?? 0, checks: rows[0].checks,
      otherCores: rows.compactMap(\.otherCores).max(), disturbed: rows.contains(where: \.disturbed))
  }
}

extension PeerFigure {
  init(merging figures: [PeerFigure]) {
    self.init(
      peer: figures[0].peer, figure: Spread(of: figures.map(\.figure)).median,
      peakMB: figures.compactMap(\.peakMB).max(), otherCores: figures.compactMap(\.otherCores).max(),
      disturbed: figures.contains(where: \.disturbed), recorded: false)
  }
}
