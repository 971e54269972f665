import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation
import AtollStore
import FoundationEssentials

/// `atoll run --seeds N`: the same task with seeds in a row, and how much chance there is in the result.
///
/// Runs that are finished already are only read; so a series that was interrupted goes on where it stopped.
struct SeedSeries {
  private let record: SeriesRecord
  private let task: FederatedTask
  private let participants: Participants?
  private let request: RunRequest
  private let options: TaskRun.Options

  init(
    _ record: SeriesRecord, task: FederatedTask, participants: Participants?, request: RunRequest,
    options: TaskRun.Options
  ) {
    self.record = record
    self.task = task
    self.participants = participants
    self.request = request
    self.options = options
  }

  func run(on console: Console) throws {
    var figures: [EventLog.Figures] = []
    for seed in record.seeds { figures.append(try figuresOfRun(with: seed, on: console)) }
    console.print()
    console.print("Seeds \(record.firstSeed) to \(record.lastSeed), on all held-out rows:")
    console.print()
    report(figures, on: console)
    console.print()
    console.print([
      ("series", StyledText(request.folder)),
      ("next", StyledText("atoll verify \(Shell.quoted(request.folder))", .next)),
    ])
  }

  private func figuresOfRun(with seed: UInt64, on console: Console) throws -> EventLog.Figures {
    let folder = SeriesRecord.folder(of: seed, in: request.folder)
    if FileManager.default.fileExists(atPath: folder + "/manifest.json") {
      console.note("seed \(seed) is done already: \(folder)")
      return try EventLog(in: folder).figures()
    }
    var (options, request) = (options, request)
    options.began = .now
    request.isPart = true
    if RunDirectory.isUnfinished(folder) {
      _ = try RunReporter.goOn(
        in: folder, participants: participants, request: request, options: options, on: console)
    } else {
      RunDirectory.clearUnbegun(folder)
      let seeded = try task.setting(["federation.seed=\(seed)"])
        .withPaths(from: FileManager.default.currentDirectoryPath)
      _ = try RunReporter.begin(
        seeded, participants: participants, folder: folder, request: request, options: options, on: console)
    }
    return try EventLog(in: folder).figures()
  }

  private func report(_ figures: [EventLog.Figures], on console: Console) {
    var table = TextTable([
      .text(""), .number("federated"), .number("deviation"), .number("alone"), .number("deviation"),
      .number("pooled"), .number("deviation"),
    ])
    var fields: [String: JSON] = [
      "seeds": .integer(record.count), "first_seed": .encoded("\(record.firstSeed)"),
      "folder": .string(request.folder),
    ]
    for metric in task.evaluation.metrics {
      let spreads = [
        Spread(figures.compactMap { $0.metrics?[metric] }),
        Spread(figures.compactMap { $0.baselines["local"]?[metric] }),
        Spread(figures.compactMap { $0.baselines["pooled"]?[metric] }),
      ]
      let all = spreads.flatMap { [$0?.mean, $0?.deviation] }
      let styles: [Style] = [.federated, .alone, .plain]
      table.rows.append(
        [StyledText(metric.title)]
          + zip(spreads, styles).flatMap { spread, style in
            [
              StyledText(Figure.metric(spread?.mean, like: all), style),
              StyledText(Figure.metric(spread?.deviation, like: all)),
            ]
          })
      fields[metric.rawValue] = .object([
        "federated": Spread.json(spreads[0]), "local": Spread.json(spreads[1]),
        "pooled": Spread.json(spreads[2]),
        "mean_of_participants": Spread.json(Spread(figures.compactMap { $0.mean?[metric] })),
      ])
    }
    console.print(table)
    console.emit("seeds", fields)
  }
}

/// Mean and standard deviation (with divisor n − 1) of some figures.
private struct Spread {
  let mean: Double
  /// Nil for a single figure.
  let deviation: Double?

  init?(_ figures: [Double]) {
    guard !figures.isEmpty else { return nil }
    let mean = figures.reduce(0, +) / Double(figures.count)
    self.mean = mean
    let squares = figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = figures.count > 1 ? (squares / Double(figures.count - 1)).squareRoot() : nil
  }

  static func json(_ spread: Spread?) -> JSON {
    guard let spread else { return .null }
    return .object([
      "mean": .number(spread.mean), "deviation": spread.deviation.map { .number($0) } ?? .null,
    ])
  }
}
