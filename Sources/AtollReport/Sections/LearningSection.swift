import AtollFederation
import AtollLearning
import AtollNumerics

/// Loss and metrics by round.
struct LearningSection {
  let record: RunRecord

  /// Nil where no round was evaluated.
  var section: Section? {
    let metrics = ordered.filter { !LearningCurve($0, of: record).points.isEmpty }
    guard let first = metrics.first else { return nil }
    let end = record.finished
    let rounds = record.rounds.last?.report.round ?? 1
    let charts = metrics.map { metric in
      LineChart(
        curve: LearningCurve(metric, of: record), rounds: rounds,
        alone: end?.baselines["local"]?[metric], pooled: end?.baselines["pooled"]?[metric]
      ).chart.html
    }
    return Section(
      id: "learning", heading: LearningCurve(first, of: record).finding, note: note,
      content: "<div class=\"two\">\(charts)</div>\n\(table(metrics).folded)")
  }

  /// The headline first, then the loss, then the others.
  private var ordered: [Metric] {
    let plan = record.task.evaluation
    let leading = [plan.headline, .loss].filter(plan.metrics.contains)
    var seen: Set<Metric> = []
    return (leading + plan.metrics).filter { seen.insert($0).inserted }
  }

  private var note: String {
    var text = "On all held-out rows, of the model that each round made."
    if let end = record.finished, !end.baselines.isEmpty {
      text +=
        " Lines across are where training ends without a federation: pooled (dashed) and the average "
        + "participant alone (dotted)."
    }
    return text
  }

  private func table(_ metrics: [Metric]) -> DataTable {
    let evaluated = record.rounds.filter { $0.report.evaluation != nil }
    let shown = Thinning.spread(evaluated.count).map { evaluated[$0] }
    return DataTable(
      "Metrics by round", columns: ["round"] + metrics.map(\.title),
      rows: shown.map { round in
        ["\(Figure.grouped(round.report.round))"]
          + metrics.map { Figure.metric(round.report.evaluation?.pooled[$0]) }
      }, note: Self.note(shown.count, of: evaluated.count))
  }

  /// Says that a table is thinned, where it is.
  static func note(_ shown: Int, of all: Int) -> String? {
    shown == all
      ? nil
      : "\(Figure.grouped(shown)) of \(Figure.grouped(all)) rounds, evenly; all of them are in the run’s events.jsonl."
  }
}
