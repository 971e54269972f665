import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation

/// `atoll run --seeds N`: the same task with seeds in a row, and how much chance there is in the result.
struct SeedSeries {
  let command: RunCommand
  let task: FederatedTask
  let count: Int
  let options: TaskRun.Options

  func run(on console: Console) throws {
    let folder = command.out ?? RunFolder.next(for: task.name)
    let first = task.federation.seed
    var outcomes: [(seed: UInt64, outcome: TaskRun.Outcome)] = []
    for seed in first..<first + UInt64(count) {
      let seeded = try task.setting(["federation.seed=\(seed)"])
      let outcome = try command.runOnce(
        seeded, folder: "\(folder)/seed-\(seed)", options: options, on: console)
      outcomes.append((seed, outcome))
    }
    console.print()
    console.print("Seeds \(first) to \(first + UInt64(count) - 1), on all held-out rows:")
    console.print()
    var table = TextTable([
      .text(""), .number("federated"), .number("deviation"), .number("alone"), .number("pooled"),
      .number("deviation"),
    ])
    var fields: [String: JSON] = ["seeds": .integer(count), "first_seed": .integer(Int(clamping: first))]
    for metric in task.evaluation.metrics {
      let federated = Spread(outcomes.compactMap { $0.outcome.model.evaluation?.pooled[metric] })
      let alone = Spread(outcomes.compactMap { $0.outcome.baselines.meanLocal?[metric] })
      let pooled = Spread(outcomes.compactMap { $0.outcome.baselines.pooled?.pooled[metric] })
      table.rows.append([
        StyledText(metric.title), StyledText(Figure.metric(federated?.mean), .federated),
        StyledText(Figure.metric(federated?.deviation)), StyledText(Figure.metric(alone?.mean), .alone),
        StyledText(Figure.metric(pooled?.mean)), StyledText(Figure.metric(pooled?.deviation)),
      ])
      fields[metric.rawValue] = .object([
        "federated": Spread.json(federated), "local": Spread.json(alone), "pooled": Spread.json(pooled),
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
