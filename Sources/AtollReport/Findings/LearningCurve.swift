package import AtollFederation
package import AtollLearning
import AtollNumerics

/// A metric over the rounds that were evaluated.
package struct LearningCurve {
  package let metric: Metric
  /// Rounds in ascending order with the metric's value.
  package let points: [(round: Int, value: Double)]

  init(_ metric: Metric, of record: RunRecord) { self.init(metric, of: record.rounds) }

  package init(_ metric: Metric, of rounds: [RunRecord.Round]) {
    self.metric = metric
    points = rounds.compactMap { round in
      guard let value = round.report.evaluation?.pooled[metric], value.isFinite else { return nil }
      return (round.report.round, value)
    }
  }

  private func gain(from old: Double, to new: Double) -> Double {
    metric.higherIsBetter ? new - old : old - new
  }

  private func text(_ round: Int) -> String { Figure.grouped(round) }

  /// The finding, for a heading.
  var finding: String {
    guard let first = points.first, let last = points.last else { return "No round was evaluated" }
    guard points.count > 1 else { return "One round was evaluated: round \(text(first.round))" }
    let whole = gain(from: first.value, to: last.value)
    let best = points.max { gain(from: $0.value, to: $1.value) > 0 } ?? last
    let name = metric.title
    if whole <= 0 {
      return best.round == first.round
        ? "After round \(text(first.round)), \(name) did not get better"
        : "\(English.capitalized(name)) was best in round \(text(best.round)), and ended no better than it began"
    }
    if gain(from: last.value, to: best.value) > whole / 10 {
      return
        "\(English.capitalized(name)) was best in round \(text(best.round)), and a little worse at the end"
    }
    let most = points.first { gain(from: first.value, to: $0.value) >= 0.9 * whole } ?? last
    return most.round == last.round
      ? "\(English.capitalized(name)) was still getting better in the last round"
      : "Nine tenths of the gain in \(name) came by round \(text(most.round)) of \(text(last.round))"
  }

  /// The whole curve in a sentence, for whoever does not see it.
  var summary: String {
    let figure: (Double) -> String = { Figure.metric($0) }
    guard let first = points.first, let last = points.last else { return "No round was evaluated." }
    guard points.count > 1 else { return "One point: \(figure(first.value)) in round \(text(first.round))." }
    let least = points.min { $0.value < $1.value } ?? first
    let most = points.max { $0.value < $1.value } ?? first
    return "Line. \(heading) goes from \(figure(first.value)) in round \(text(first.round)) to "
      + "\(figure(last.value)) in round \(text(last.round)); lowest \(figure(least.value)) in round \(text(least.round)), "
      + "highest \(figure(most.value)) in round \(text(most.round))."
  }

  var heading: String { metric.heading }
}
