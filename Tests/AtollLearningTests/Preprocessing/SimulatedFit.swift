import AtollNumerics
import FoundationEssentials

@testable import AtollLearning

/// Runs a fit with these tables as participants, the way a server would: every state goes through JSON, every sum
/// through 64-bit ring arithmetic.
struct SimulatedFit {
  var outcome: FittedPreprocessing
  var exchanges = 0
  /// The questions that were asked, in order.
  var questions: [StatisticsQuestion] = []

  init(
    _ sites: [(name: String, table: Table)], _ features: FeaturePlan, _ plan: PreprocessingPlan
  ) throws {
    var fit = try PreprocessingFit(features, plan)
    var questions: [StatisticsQuestion] = []
    var exchanges = 0
    while true {
      fit = try JSONDecoder().decode(PreprocessingFit.self, from: JSONEncoder().encode(fit))
      switch try fit.next() {
      case .finished(let outcome):
        self.outcome = outcome
        self.questions = questions
        self.exchanges = exchanges
        return
      case .reports:
        var reports: [String: ColumnReport] = [:]
        for site in sites {
          let rows = Self.labelled(site.table, features)
          reports[site.name] = try ColumnReport(
            of: site.table, labelled: rows, training: rows, plan: features, preprocessing: plan)
        }
        try fit.absorb(reports: reports)
      case .sums(let question):
        var total = ExactSum(counts: question.sums.map(\.count))
        for site in sites {
          let answer = try question.answer(from: site.table, rows: Self.labelled(site.table, features))
          for (integers, sum) in zip(answer, question.sums) {
            guard integers.allSatisfy({ $0.magnitude <= sum.bound.magnitude }) else {
              throw PreparationError(.contradiction, "\(sum.name) exceeds its bound")
            }
          }
          total.add(.init(vectors: answer.map { RingVector($0) }, weight: 1))
        }
        questions.append(question)
        try fit.absorb(sums: total.vectors.map(\.elements))
      }
      exchanges += 1
    }
  }

  static func labelled(_ table: Table, _ features: FeaturePlan) -> [Int] {
    (0..<table.rowCount).filter { !(table[features.label.column]?.isMissing($0) ?? true) }
  }
}

extension Table {
  /// A table from columns in order; text columns as optional strings, nil where missing.
  static func of(_ columns: KeyValuePairs<String, Column>) throws -> Table {
    try Table(names: columns.map(\.key), columns: columns.map(\.value))
  }
}

extension Table.Column {
  static func text(_ values: [String?]) -> Table.Column {
    let levels = Levels.ordered(Set(values.compactMap(\.self)))
    let codes = values.map { value in value.flatMap { levels.firstIndex(of: $0) }.map { Int32($0) } ?? -1 }
    return .category(codes: codes, levels: levels)
  }
}

/// Seeded numbers for tests.
func normals(_ count: Int, seed: UInt64, mean: Double = 0, deviation: Double = 1) -> [Double] {
  var coins = RandomStream(seed: seed, purpose: .sample)
  return (0..<count).map { _ in mean + deviation * coins.normal() }
}
