package import AtollFederation
package import AtollLearning

/// A finished run's model beside what it is compared with: each participant alone, and all data in one place.
package struct Comparison: Sendable {
  /// One participant's figures on its own held-out rows.
  package struct Site: Sendable {
    package let name: String
    let rows: RunEvent.Rows
    package let alone: Evaluation?
    package let federated: Evaluation?
    package let pooled: Evaluation?
    /// From alone to federated.
    let difference: Difference?
  }

  package let metric: Metric
  /// By number of held-out rows, the fewest first.
  package let sites: [Site]
  /// On all held-out rows: the model of the run.
  package let federated: Evaluation?
  /// On all held-out rows: the mean over the participants of their own models.
  package let alone: Evaluation?
  /// On all held-out rows: the model of all training rows put together.
  package let pooled: Evaluation?

  package init(_ end: RunEvent.Finished, by metric: Metric) {
    self.metric = metric
    federated = end.evaluation?.pooled
    alone = end.baselines["local"]
    pooled = end.baselines["pooled"]
    sites = end.sites.map { site, models in
      Site(
        name: site.name, rows: end.siteRows[site] ?? RunEvent.Rows(), alone: models["alone"],
        federated: models["federated"], pooled: models["pooled"],
        difference: Difference(metric, from: models["alone"], to: models["federated"]))
    }.sorted { ($0.rows.heldOut, $0.name) < ($1.rows.heldOut, $1.name) }
  }

  /// The mean over the participants of one model's figures.
  func mean(_ model: KeyPath<Site, Evaluation?>) -> Double? {
    let figures = sites.compactMap { $0[keyPath: model]?[metric] }
    return figures.isEmpty ? nil : figures.reduce(0, +) / Double(figures.count)
  }

  /// From the means alone to the means federated, over the participants that have both.
  var meanDifference: Difference? {
    let known = sites.compactMap(\.difference)
    guard !known.isEmpty else { return nil }
    let count = Double(known.count)
    // Each half-width is 1.96 standard errors of a change; those of different participants are independent.
    let errors = known.map { difference in difference.halfWidth.map { $0 / Interval.width / count } }
    let size = [mean(\.alone), mean(\.federated)].compactMap { $0?.magnitude }.max() ?? 0
    return Difference(metric, change: known.reduce(0) { $0 + $1.change } / count, errors: errors, size: size)
  }

  var hasAlone: Bool { sites.contains { $0.alone?[metric] != nil } }
  var hasPooled: Bool { sites.contains { $0.pooled?[metric] != nil } }

  /// Participants whose change is of a kind.
  func count(_ kind: Difference.Kind) -> Int { sites.count { $0.difference?.kind == kind } }
}
