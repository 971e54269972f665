import AtollMeasurement

/// One figure of `atoll bench`: what was measured, what it came to, and what share of a limit of the machine that is.
struct BenchFigure: Sendable {
  /// What is measured; the raw values are what programs read.
  enum Subject: String, Sendable, CaseIterable {
    case peak, read, triad
    case training
    case trainingOnAll = "training-all"
    case tables, sum, csv
  }

  let subject: Subject
  /// For a person.
  let title: String
  let threads: Int
  let rate: Spread
  let unit: String
  /// The limit that it is read against, and the share of it that is reached.
  var share: (limit: Subject, value: Double)?
  /// Processor cores that something else kept busy meanwhile; nil where the system does not tell.
  let otherCores: Double?

  /// What was measured is no figure of the machine.
  var isDisturbed: Bool { (otherCores ?? 0) > Disturbance.threshold }

  var isLimit: Bool { [.peak, .read, .triad].contains(subject) }

  /// What `--json` prints; shares of what was disturbed are null.
  var fields: [String: JSON] {
    var fields: [String: JSON] = [
      "name": .string(subject.rawValue), "title": .string(title), "threads": .integer(threads),
      "figure": .number(rate.median), "min": .number(rate.minimum), "max": .number(rate.maximum),
      "unit": .string(unit), "disturbed": .bool(isDisturbed),
      "other_cores": otherCores.map { .number(($0 * 100).rounded() / 100) } ?? .null,
    ]
    if !isLimit {
      fields["limit"] = share.map { .string($0.limit.rawValue) } ?? .null
      fields["share"] = share.map { .number($0.value) } ?? .null
    }
    return fields
  }
}
