package import AtollLearning
import AtollNumerics

/// How one model differs from another by a metric, and whether that can be told from chance.
package struct Difference: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case gain, loss
    /// Inside the interval, or none at all.
    case unclear
    /// A difference of which nobody knows how much is chance.
    case unproven
  }

  let metric: Metric
  /// New less old.
  let change: Double
  /// Half the width of the 95 % interval about the change; nil where it is not known.
  let halfWidth: Double?
  /// The larger of the two figures: a difference is written with as many digits.
  private let size: Double

  /// Nil where one of the two has no such figure.
  ///
  /// The two errors count as independent. Both models are judged on the same rows, so the true interval is narrower.
  package init?(_ metric: Metric, from old: Evaluation?, to new: Evaluation?) {
    guard let old, let new, let before = old[metric], let after = new[metric] else { return nil }
    self.init(
      metric, change: after - before, errors: [old.standardErrors[metric], new.standardErrors[metric]],
      size: max(before.magnitude, after.magnitude))
  }

  /// - Parameters:
  ///   - errors: standard errors of what the change is made of, taken as independent.
  ///   - size: of the figures that differ.
  init(_ metric: Metric, change: Double, errors: [Double?], size: Double) {
    self.metric = metric
    self.change = change
    self.size = size
    let known = errors.compactMap(\.self)
    halfWidth =
      known.count == errors.count ? Interval.width * known.reduce(0) { $0 + $1 * $1 }.squareRoot() : nil
  }

  /// Larger than zero where the new model is the better one.
  var improvement: Double { metric.higherIsBetter ? change : -change }

  package var kind: Kind {
    guard let halfWidth else { return change == 0 ? .unclear : .unproven }
    return change.magnitude <= halfWidth ? .unclear : improvement > 0 ? .gain : .loss
  }

  /// `+0.061`
  var changeText: String { Figure.change(change, like: [size]) }
  /// `0.016`; nil where it is not known.
  var halfWidthText: String? { halfWidth.map { Figure.metric($0, like: [size]) } }
  /// `+0.061 ± 0.016`
  var text: String { changeText + (halfWidthText.map { " ± \($0)" } ?? "") }

  /// The same with the digits of figures that it stands among.
  ///
  /// - Parameter withInterval: with half the interval's width, where that is known.
  package func text(like figures: [Double?], withInterval: Bool) -> String {
    let change = Figure.change(change, like: figures)
    guard withInterval, let halfWidth else { return change }
    return "\(change) ± \(Figure.metric(halfWidth, like: figures))"
  }

  /// Whether it shows in so many digits as figures have that it stands among.
  package func shows(like figures: [Double?]) -> Bool {
    Figure.change(change, like: figures) != Figure.change(0, like: figures)
  }

  /// What it means for a participant.
  var word: String {
    switch kind {
    case .gain: "gains"
    case .loss: "loses"
    case .unclear: "no clear change"
    case .unproven: improvement > 0 ? "better" : "worse"
    }
  }

  /// What there is to say against another model: `0.061 better` and `than the average participant alone`.
  func words(than other: String) -> (strong: String, rest: String) {
    let amount = Figure.metric(change.magnitude, like: [size])
    // What rounds to nothing is nothing, for a reader.
    if !amount.contains(where: { ("1"..."9").contains($0) }) { return ("as good", "as \(other)") }
    return (
      "\(amount) \(improvement > 0 ? "better" : "worse")",
      "than \(other)" + (kind == .unclear ? " (within chance)" : "")
    )
  }
}

/// Intervals of 95 %.
enum Interval {
  /// Standard errors to either side (the normal distribution's quantile at 97.5 %).
  static let width = 1.96

  /// Of a share: Wilson 1927.
  static func share(_ hits: Int, of rows: Int) -> ClosedRange<Double> {
    guard rows > 0 else { return 0...1 }
    let (share, rows) = (Double(hits) / Double(rows), Double(rows))
    let weight = width * width / rows
    let middle = (share + weight / 2) / (1 + weight)
    let half = width * (share * (1 - share) / rows + weight / rows / 4).squareRoot() / (1 + weight)
    return max(0, min(share, middle - half))...min(1, max(share, middle + half))
  }
}
