import AtollTesting

/// One workload in a process of its own.
struct Job: Sendable {
  let workload: String
  let arguments: [String]
  /// Runs on one processor core.
  let isPinned: Bool

  private init(_ workload: String, _ arguments: String..., isPinned: Bool) {
    self.workload = workload
    self.arguments = arguments
    self.isPinned = isPinned
  }

  static let all: [Job] = [
    Job("limits", isPinned: true),
    Job("W7", "w1", "10", isPinned: true),
    Job("W7", "w1", "32", isPinned: true),
    Job("W7", "w3", "10", isPinned: true),
    Job("W7", "w3", "32", isPinned: true),
    Job("W1", "1", isPinned: true),
    Job("W1", "2", isPinned: false),
    Job("W3", "1", isPinned: true),
    Job("W3", "2", isPinned: false),
    Job("W2", "1", isPinned: true),
    Job("W2", "2", isPinned: false),
    Job("W4", "1", isPinned: true),
    Job("CSV", isPinned: true),
    Job("noise", isPinned: true),
    Job("clipping", "32", isPinned: true),
    Job("clipping", "512", isPinned: true),
    Job("memory", "model", "2", isPinned: false),
    Job("memory", "rounds", "2", isPinned: false),
    Job("memory", "folder", "2", isPinned: false),
  ]

  /// What the process of a job does: the arguments are those of the job.
  static func perform(_ arguments: [String]) throws -> [Row] {
    func number(_ place: Int) throws -> Int {
      guard arguments.indices.contains(place), let number = Int(arguments[place]), number > 0 else {
        throw Complaint("argument \(place) of \(arguments) is no number")
      }
      return number
    }
    switch (arguments.first, arguments.dropFirst().first) {
    case ("limits", _): return LimitsBenchmark.rows()
    case ("W7", let name?):
      guard let workload = PeerWorkload(rawValue: name) else { break }
      return try LocalTrainingBenchmark.rows(of: workload, batch: number(2), repeats: 3, seconds: 3)
    case ("W1", _): return try SimulationBenchmark.rows(of: .w1, threads: number(1), rounds: 5)
    case ("W2", _): return try SimulationBenchmark.rows(of: .w2, threads: number(1), rounds: 100)
    case ("W3", _): return try SimulationBenchmark.rows(of: .w3, threads: number(1), rounds: 5)
    case ("W4", _): return try AggregationBenchmark.rows(threads: number(1), repeats: 5)
    case ("CSV", _): return try ParsingBenchmark.rows(repeats: 5, seconds: 0.5)
    case ("noise", _): return try NoiseBenchmark.rows(repeats: 5, seconds: 0.3)
    case ("clipping", _): return try PrivateTrainingBenchmark.rows(batch: number(1), repeats: 5, steps: 20)
    case ("memory", "model"): return try VirtualParticipantsBenchmark.modelRows(threads: number(2))
    case ("memory", "rounds"): return try VirtualParticipantsBenchmark.roundRows(threads: number(2))
    case ("memory", "folder"): return try VirtualParticipantsBenchmark.folderRows(threads: number(2))
    default: break
    }
    throw Complaint("there is no workload \(arguments.joined(separator: " "))")
  }
}
