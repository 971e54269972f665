import AtollLearning
import AtollNumerics

/// What came of a run in a sentence or two.
package struct Verdict {
  private let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  private var metric: Metric { comparison.metric }

  /// `AUC 0.912`; nil where no row was held out.
  package var figure: String? {
    comparison.federated?[metric].map { "\(metric.title) \(Figure.metric($0))" }
  }

  /// `0.004 worse` and `than pooling all data (within chance)`
  package var againstPooled: (strong: String, rest: String)? {
    Difference(metric, from: comparison.pooled, to: comparison.federated)?.words(than: "pooling all data")
  }

  /// `0.061 better` and `than the average participant alone`
  package var againstAlone: (strong: String, rest: String)? {
    Difference(metric, from: comparison.alone, to: comparison.federated)?
      .words(than: "the participants’ own models on average")
  }

  package static let unknown = "No rows were held out, so nothing is known about the quality of the model."

  /// Who gains and who loses; nil where nobody is compared.
  package var participants: String? {
    let sites = comparison.sites.filter { $0.difference != nil }
    guard sites.count > 1 else { return nil }
    let (gains, losses) = (comparison.count(.gain), comparison.count(.loss))
    let (unclear, unproven) = (comparison.count(.unclear), comparison.count(.unproven))
    if unproven > 0 {
      let better = sites.count { ($0.difference?.improvement ?? 0) > 0 }
      return "For \(English.number(better)) of \(English.count(sites.count, "participant")) the federated "
        + "model has the better figure"
    }
    if gains == sites.count { return "All \(English.count(gains, "participant")) gain" }
    if unclear == sites.count {
      return "No participant changes by more than chance could do"
    }
    let ofAll = "of \(English.count(sites.count, "participant"))"
    var text: String
    switch (gains, losses) {
    case (0, _): text = "\(English.number(losses)) \(ofAll) \(losses == 1 ? "loses" : "lose"); none gains"
    case (_, 0): text = "\(English.number(gains)) \(ofAll) \(gains == 1 ? "gains" : "gain"); none loses"
    default:
      text =
        "\(English.number(gains)) \(ofAll) \(gains == 1 ? "gains" : "gain"), "
        + "\(English.number(losses)) \(losses == 1 ? "loses" : "lose")"
    }
    text = English.capitalized(text)
    return text
  }
}
