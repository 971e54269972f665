import AtollNumerics

@testable import AtollPrivacy

/// Events, subjects and times for tests of the ledger.
enum Sample {
  /// A round of training on a sample.
  static func round(noise: Double = 1, rate: Double = 0.01) throws -> PrivacyEvent {
    try PrivacyEvent(.poissonSampled(rate: rate, PrivacyEvent(.gaussian(noiseMultiplier: noise))))
  }

  static func gaussian(_ noise: Double) throws -> PrivacyEvent {
    try PrivacyEvent(.gaussian(noiseMultiplier: noise))
  }

  static func patients(_ content: String = "1", named name: String = "patients") throws -> PrivacySubject {
    try .dataSet(ContentHash(of: Array(content.utf8)), at: "st-olav", named: name)
  }

  static func budget(
    _ epsilon: Double, delta: Double = 1e-6, unit: PrivacyUnit = .record,
    relation: NeighboringRelation = .addOrRemoveOne
  ) throws -> PrivacyBudget {
    try PrivacyBudget(epsilon: epsilon, delta: delta, unit: unit, relation: relation)
  }

  static func exchange(_ number: Int, of run: String = "study-1") throws -> PrivacyActivity {
    try .exchange(number, of: run, round: number + 1)
  }

  static let noon = "2026-05-17T12:00:00Z"
}

extension PrivacyLedger {
  /// Charges without a limit, per record.
  mutating func spend(_ event: PrivacyEvent, _ number: Int, of run: String = "study-1") throws {
    try charge(
      event, for: Sample.exchange(number, of: run), of: Sample.patients(), unit: .record,
      relation: .addOrRemoveOne,
      at: Sample.noon)
  }

  /// How often whole compositions were accounted for within a budget.
  func evaluations(within budget: PrivacyBudget) -> Int {
    accounts.values.compactMap { $0.proofs[budget]?.evaluations }.reduce(0, +)
  }
}
