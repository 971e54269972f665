import AtollFederation
import AtollLearning
import AtollNumerics

/// Each participant alone, federated and pooled: who gains and who loses.
struct SitesSection {
  let record: RunRecord
  let end: RunEvent.Finished

  /// Nil where there are no figures by participant.
  var section: Section? {
    let comparison = Comparison(end, by: record.task.evaluation.headline)
    let known = comparison.sites.contains { site in
      [site.alone, site.federated, site.pooled].contains { $0?[comparison.metric] != nil }
    }
    guard known else { return nil }
    let chart =
      comparison.sites.count <= SiteBars.most
      ? SiteBars(comparison: comparison).chart : SiteChanges(comparison: comparison).chart
    return Section(
      id: "participants", heading: Verdict(comparison).participants ?? "What each participant has of it",
      note: note(comparison),
      content: """
        <div class="one">\(chart.map(\.html) ?? "")</div>
        \(table(comparison).folded)
        """)
  }

  private func note(_ comparison: Comparison) -> String {
    let metric = comparison.metric
    var text = "\(metric.heading) on each participant’s own held-out rows."
    if comparison.sites.count <= SiteBars.most {
      text += " Bars start at \(Figure.fixed(metric.nothing, metric.nothing == 0 ? 0 : 1))"
      if metric == .auc { text += ", which is guessing" }
      text += comparison.hasPooled ? "; the dashed mark is the model of all rows in one place." : "."
    }
    guard comparison.hasAlone else { return text }
    if comparison.sites.contains(where: { $0.difference?.halfWidth != nil }) {
      text += " A change inside its 95 % interval is called no clear change."
      let compared = comparison.sites.filter { $0.difference?.halfWidth != nil }.count
      if compared > SiteBars.most {
        text +=
          " Of \(Figure.grouped(compared)) changes about \(English.number(compared / 20)) would be called clear "
          + "if nothing but chance were at work."
      }
    } else {
      text += " How much of a change in \(metric.title) is chance is not known."
    }
    if !metric.higherIsBetter { text += " Lower is better." }
    return text
  }

  private func table(_ comparison: Comparison) -> DataTable {
    let metric = comparison.metric
    // A server is not told who trains on how many.
    let hasTraining = comparison.sites.contains { $0.rows.training > 0 }
    var columns = ["participant", "held-out rows"] + (hasTraining ? ["training rows"] : [])
    if comparison.hasAlone { columns.append("alone") }
    columns.append("federated")
    if comparison.hasPooled { columns.append("pooled") }
    if comparison.hasAlone { columns += ["change, 95 %", "in words"] }
    func line(
      _ name: String, _ rows: RunEvent.Rows, _ figures: (Double?, Double?, Double?),
      _ difference: Difference?,
      word: Bool = true
    ) -> [String] {
      var cells = [name, Figure.grouped(rows.heldOut)]
      if hasTraining { cells.append(Figure.grouped(rows.training)) }
      if comparison.hasAlone { cells.append(Figure.metric(figures.0)) }
      cells.append(Figure.metric(figures.1))
      if comparison.hasPooled { cells.append(Figure.metric(figures.2)) }
      if comparison.hasAlone { cells += [difference?.text ?? "–", word ? difference?.word ?? "–" : ""] }
      return cells
    }
    let shown = Thinning.spread(comparison.sites.count).map { comparison.sites[$0] }
    return DataTable(
      "Each participant", columns: columns, texts: comparison.hasAlone ? [0, columns.count - 1] : [0],
      rows: shown.map { site in
        line(
          site.name, site.rows, (site.alone?[metric], site.federated?[metric], site.pooled?[metric]),
          site.difference)
      },
      total: line(
        "mean", end.rows,
        (comparison.mean(\.alone), comparison.mean(\.federated), comparison.mean(\.pooled)),
        comparison.meanDifference, word: false),
      note: "Rows of the last line are sums."
        + (shown.count == comparison.sites.count
          ? ""
          : " \(shown.count) of \(comparison.sites.count) participants, evenly by rows; all of them are in events.jsonl.")
    )
  }
}
