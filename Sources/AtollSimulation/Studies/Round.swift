public import AtollFederation
public import AtollLearning

/// A round of a study, with the figures of the model that it produced.
public struct Round: Hashable, Sendable {
  /// What is recorded of the round.
  public let report: RoundReport
  /// How many rounds the task asks for.
  public let total: Int

  init(_ report: RoundReport, of total: Int) {
    self.report = report
    self.total = total
  }

  /// From 1.
  public var number: Int { report.round }

  /// A figure over all held-out rows; nil where the round was not evaluated, or the figure is undefined.
  public subscript(metric: Metric) -> Double? { report.evaluation?.pooled[metric] }
}

extension Round: CustomStringConvertible {
  /// `round 12 of 30   4 of 4 participants   accuracy 0.9737   auc 0.9954   loss 0.0831`
  public var description: String {
    let figures = (report.evaluation?.pooled.metrics ?? [:]).sorted { $0.key.rawValue < $1.key.rawValue }
    let parts =
      ["round \(number) of \(total)", "\(report.participants) of \(report.cohort) participants"]
      + figures.map { "\($0.key.rawValue) \($0.value.inFigures)" }
    return parts.joined(separator: "   ")
  }
}

extension Double {
  /// Four digits behind the point.
  var inFigures: String {
    let scaled = (magnitude * 1e4).rounded()
    // What is too long to be counted in 1/10000 needs no such digits.
    guard scaled < 1e15 else { return description }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    return (self < 0 && scaled > 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
  }
}
