import AtollMeasurement

/// One line of the table: what was measured, and what it came to.
struct Row: Codable, Sendable {
  let workload: String
  let threads: Int
  /// Examples in a batch; nil where there are no batches.
  let batch: Int?
  let figure: Double
  let unit: String
  let min: Double
  let max: Double
  /// The most memory that the process held, in MB of 2^20 bytes.
  var peakMB: Double
  /// What peers do, measured beside ours or recorded earlier.
  var peers: [PeerFigure] = []
  /// What shows that the work was the specified one, such as the loss after the last round.
  var checks: [String: Double]? = nil

  /// Processor cores that something else kept busy, on average over the run that was the most disturbed of those that
  /// count; nil where the system does not tell.
  var otherCores: Double? = nil
  /// Something else kept the machine busy, also when the run was repeated: no figure of the machine.
  var disturbed = false

  private enum CodingKeys: String, CodingKey {
    case workload, threads, batch, figure, unit, min, max, peers, checks, disturbed
    case peakMB = "peak_mb"
    case otherCores = "other_cores"
  }
}

extension Row {
  init(
    _ workload: String, threads: Int, batch: Int? = nil, _ spread: Spread, _ unit: String,
    checks: [String: Double]? = nil
  ) {
    self.init(
      workload: workload, threads: threads, batch: batch, figure: spread.median, unit: unit,
      min: spread.minimum, max: spread.maximum, peakMB: Double(PeakMemory.bytes) / 1_048_576, checks: checks)
  }
}

/// What other software makes of the same work.
struct PeerFigure: Codable, Sendable {
  let peer: String
  let figure: Double
  var peakMB: Double?
  /// Processor cores that something else kept busy; nil where the figure is recorded or the system does not tell.
  var otherCores: Double? = nil
  /// Something else kept the machine busy, also when the peer was run again.
  var disturbed = false
  /// Not measured in this run: from the record of 23 November 2026, on an AMD Zen 4 with two cores.
  let recorded: Bool

  private enum CodingKeys: String, CodingKey {
    case peer, figure, recorded, disturbed
    case peakMB = "peak_mb"
    case otherCores = "other_cores"
  }
}
