import AtollReport

/// How a person asked for a run, so that what is printed to be typed next is what they would type.
struct RunRequest: Sendable {
  /// The task file as it was named; nil where a run goes on.
  var task: String?
  /// `--set` and `--seed`, as they were given.
  var overrides: [String] = []
  var contributors: String?
  /// `--data`, `--trainer` and its limits, as they are to be typed; empty without.
  var parts = ""
  /// `--policy`, as it was given.
  var policy: String?
  /// What `--resume` takes: the run's folder, or that of the series that it belongs to.
  var folder: String
  /// Whether the run is one of a series.
  var isPart = false

  /// Goes on with an interrupted run.
  var resuming: String {
    "atoll run --resume \(Shell.quoted(folder))"
      + (contributors.map { " --contributors \(Shell.quoted($0))" } ?? "") + others
  }

  /// Checks a run by training it again.
  ///
  /// - Parameter folder: the run's own.
  func verifying(_ folder: String) -> String { "atoll verify \(Shell.quoted(folder)) --replay\(parts)" }

  /// The same task with several seeds; nil where there is no task file, or the seeds are several already.
  var repeating: String? {
    guard let task, !isPart else { return nil }
    let changes = overrides.map { " --set \(Shell.quoted($0))" }.joined()
    return "atoll run \(Shell.quoted(task))\(changes)\(others) --seeds 5"
  }

  private var others: String { parts + (policy.map { " --policy \(Shell.quoted($0))" } ?? "") }
}
