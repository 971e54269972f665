import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation

/// How good a run's model is, beside what it compares with: a row for each participant; where all are judged by one
/// common set of rows, a row for each way to learn.
struct ResultTable {
  /// The metric that participants are compared by.
  let metric: Metric
  /// All that were measured.
  let metrics: [Metric]
  let outcome: TaskRun.Outcome

  /// The most participants that are listed one by one.
  private static let mostRows = 24

  /// Nil where nothing was measured.
  func table(isWide: Bool) -> TextTable? {
    let sites = sites
    return sites.contains { $0.federated?[metric] != nil } ? byParticipant(sites, isWide: isWide) : inCommon
  }

  // MARK: One common set of rows

  private var inCommon: TextTable? {
    guard let federated = outcome.model.evaluation?.pooled else { return nil }
    let alone = outcome.baselines.meanLocal
    let pooled = outcome.baselines.pooled?.pooled
    let count = outcome.baselines.local.count
    let ways: [(name: String, evaluation: Evaluation?, style: Style)] = [
      ("alone, mean of \(Figure.grouped(count))", alone, .alone), ("federated", federated, .federated),
      ("pooled", pooled, .plain),
    ]
    let measured = metrics.filter { federated[$0] != nil }
    guard !measured.isEmpty else { return nil }
    let present = ways.filter { $0.evaluation != nil }
    return TextTable(
      [.text("", width: 12)] + measured.map { .number(StyledText($0.title)) },
      rows: present.map { way in
        [StyledText(way.name)]
          + measured.map { metric in
            let column = present.map { $0.evaluation?[metric] }
            return StyledText(Figure.metric(way.evaluation?[metric], like: column), way.style)
          }
      })
  }

  // MARK: By participant

  private struct Site {
    var name: String
    var alone: Evaluation?
    var federated: Evaluation?
    var pooled: Evaluation?

    var rows: Int { federated?.rows ?? alone?.rows ?? 0 }
    var positives: Int? { federated?.positives ?? alone?.positives }
  }

  /// The smallest first: they have most to gain.
  private var sites: [Site] {
    outcome.finished.sites.map { participant, figures in
      Site(
        name: participant.name, alone: figures["alone"], federated: figures["federated"],
        pooled: figures["pooled"])
    }.sorted { ($0.rows, $0.name) < ($1.rows, $1.name) }
  }

  private func byParticipant(_ sites: [Site], isWide: Bool) -> TextTable {
    func all(_ figures: KeyPath<Site, Evaluation?>, _ combine: ([Evaluation]) -> Evaluation) -> Evaluation? {
      let known = sites.compactMap { $0[keyPath: figures] }
      return known.isEmpty ? nil : combine(known)
    }
    func total(_ name: String, _ combine: ([Evaluation]) -> Evaluation) -> Site {
      Site(
        name: name, alone: all(\.alone, combine), federated: all(\.federated, combine),
        pooled: all(\.pooled, combine))
    }
    let mean = total("mean") { .mean(of: $0) }
    let extremes = [total("worst") { .worst(of: $0) }, total("best") { .best(of: $0) }]
    let totals = sites.count > 1 ? [mean] + extremes : []
    let listed = sites.count <= Self.mostRows ? sites : []
    let layout = Layout(metric: metric, sites: sites, isWide: isWide, measuresLoss: metrics.contains(.loss))
    return TextTable(
      layout.columns,
      rows: listed.map { layout.row($0.name, of: $0, isTotal: false, style: .plain) }
        + totals.enumerated().map { index, site in
          layout.row(site.name, of: site, isTotal: true, style: index == 0 ? .strong : .plain)
        })
  }

  /// Which columns there are, and what stands in them.
  private struct Layout {
    let metric: Metric
    let hasAlone: Bool
    let hasPooled: Bool
    let hasPositives: Bool
    let hasMargin: Bool
    let hasLoss: Bool
    /// All figures that stand below and beside each other, for as many decimals.
    let figures: [Double?]
    let losses: [Double?]

    init(metric: Metric, sites: [Site], isWide: Bool, measuresLoss: Bool) {
      self.metric = metric
      hasAlone = sites.contains { $0.alone?[metric] != nil }
      hasPooled = sites.contains { $0.pooled?[metric] != nil }
      hasPositives = isWide && sites.contains { $0.positives != nil }
      hasMargin = isWide && hasAlone && sites.contains { $0.federated?.standardErrors[metric] != nil }
      hasLoss = isWide && measuresLoss && metric != .loss && sites.contains { $0.federated?[.loss] != nil }
      figures = sites.flatMap { [$0.alone?[metric], $0.federated?[metric], $0.pooled?[metric]] }
      losses = sites.flatMap { [$0.alone?[.loss], $0.federated?[.loss]] }
    }

    var columns: [TextTable.Column] {
      var columns: [TextTable.Column] = [.text(StyledText(metric.title), width: 12), .number("rows")]
      if hasPositives { columns.append(.number("positive")) }
      if hasAlone { columns.append(.number("alone")) }
      columns.append(.number("federated"))
      if hasPooled { columns.append(.number("pooled")) }
      if hasAlone { columns.append(.number(hasMargin ? "change, 95\u{A0}%" : "change")) }
      if hasLoss, hasAlone { columns.append(.number("loss: alone")) }
      if hasLoss { columns.append(.number(hasAlone ? "federated" : "loss")) }
      if hasAlone { columns.append(.text("")) }
      return columns
    }

    func row(_ name: String, of site: Site, isTotal: Bool, style: Style) -> [StyledText] {
      func figure(_ evaluation: Evaluation?, _ style: Style = .plain) -> StyledText {
        StyledText(Figure.metric(evaluation?[metric], like: figures), style)
      }
      var cells = [StyledText(name, style), isTotal ? "" : StyledText(Figure.grouped(site.rows))]
      if hasPositives {
        let share = site.positives.map { Double($0) / Double(max(1, site.rows)) }
        cells.append(isTotal ? "" : StyledText(share.map { Figure.percent($0) } ?? "–"))
      }
      if hasAlone { cells.append(figure(site.alone, .alone)) }
      cells.append(figure(site.federated, .federated))
      if hasPooled { cells.append(figure(site.pooled)) }
      let change = Difference(metric, from: site.alone, to: site.federated)
      // The worst of one column and that of another may be of different participants.
      let isOfOne = !isTotal || name == "mean"
      if hasAlone {
        let text = isOfOne ? change?.text(like: figures, withInterval: hasMargin) : nil
        cells.append(StyledText(text ?? ""))
      }
      if hasLoss, hasAlone {
        cells.append(StyledText(Figure.metric(site.alone?[.loss], like: losses), .alone))
      }
      if hasLoss { cells.append(StyledText(Figure.metric(site.federated?[.loss], like: losses), .federated)) }
      // Where no difference is seen there is none to doubt.
      if hasAlone, !isTotal, let change, change.kind == .unclear, change.shows(like: figures) {
        cells.append("unclear")
      }
      return cells
    }
  }
}
