package import AtollNumerics

/// One exchange of a fit: what every participant counts and adds up over its training rows.
///
/// The answer is made of integers with proven bounds, meant to be summed over the participants; nothing else leaves.
package struct StatisticsQuestion: Hashable, Codable, Sendable {
  /// What one sum is about.
  enum Subject: Hashable, Codable, Sendable {
    /// [rows that count, rows left out because a value is missing]
    case rows
    /// Rows of each class.
    case classes
    /// A feature, by its place in the schema.
    case number(feature: Int, NumberStatistic)
    /// Rows of each level, then rows without a value.
    case levels(feature: Int)
    /// The label, where it is a number.
    case target(NumberStatistic)
  }

  package let schema: FeatureSchema
  let missing: PreprocessingPlan.Missing
  let subjects: [Subject]

  /// What is computed of features: `presence`, `exponents`, `values`, `total`, `spread`, `bins`, `levels`.
  package var computations: Set<String> {
    Set(
      subjects.compactMap { subject in
        switch subject {
        case .number(_, let statistic): statistic.name
        case .levels: "levels"
        case .rows, .classes, .target: nil
        }
      })
  }

  /// The shape of a sum: what it is called and how large its integers can become at one participant.
  package struct Sum: Hashable, Codable, Sendable {
    package let name: String
    package let count: Int
    /// No integer that a participant sends exceeds this. All are whole: there are no fraction bits.
    package let bound: Int64

    /// The bound as the ring knows it.
    package var format: FixedPoint {
      get throws(FixedPointError) { try FixedPoint(fractionBits: 0, bound: Double(bound)) }
    }
  }

  /// The sums of an answer, in order. Both sides derive them from the question.
  package var sums: [Sum] {
    subjects.map { subject in
      switch subject {
      case .rows: Sum(name: "rows", count: 2, bound: GridSum.largestTerm)
      case .classes: Sum(name: "classes", count: schema.label.classCount ?? 0, bound: GridSum.largestTerm)
      case .number(let feature, let statistic):
        Sum(
          name: "\(schema.features[feature].column).\(statistic.name)", count: statistic.count,
          bound: GridSum.largestTerm)
      case .levels(let feature):
        Sum(
          name: "\(schema.features[feature].column).levels", count: schema.features[feature].levels.count + 1,
          bound: GridSum.largestTerm)
      case .target(let statistic):
        Sum(
          name: "\(schema.label.column).\(statistic.name)", count: statistic.count,
          bound: GridSum.largestTerm)
      }
    }
  }

  /// Refuses features that the schema has not, numbers that no statistic has, and a sum that is asked for twice: a
  /// participant does not trust its server.
  package func check() throws(PreparationError) {
    for subject in subjects {
      switch subject {
      case .rows, .classes: break
      case .levels(let feature): try check(feature: feature, nil)
      case .number(let feature, let statistic): try check(feature: feature, statistic)
      case .target(let statistic): try check(feature: nil, statistic)
      }
    }
    guard Set(sums.map(\.name)).count == subjects.count else {
      throw PreparationError(.contradiction, "a question of statistics asks for a sum twice")
    }
  }

  private func check(feature: Int?, _ statistic: NumberStatistic?) throws(PreparationError) {
    if let feature, !schema.features.indices.contains(feature) {
      throw PreparationError(.contradiction, "a question of statistics names a feature that is not there")
    }
    if let statistic, !statistic.isSound {
      throw PreparationError(.contradiction, "a question of statistics asks for what cannot be counted")
    }
  }

  /// Proves that no sum over so many participants leaves the range of 64-bit integers.
  package func proveNoOverflow(participants: Int) throws(FixedPointError) {
    try FixedPoint(fractionBits: 0, bound: Double(GridSum.largestTerm)).proveNoOverflow(
      participants: participants)
  }

  /// A participant's answer: the integers of each sum.
  ///
  /// - Parameter rows: the training rows; those without a label do not count.
  /// - Throws: ``PreparationError`` when the table does not fit the schema.
  package func answer(from table: Table, rows: [Int]) throws(PreparationError) -> [[Int64]] {
    guard rows.count < GridSum.mostRows else {
      throw PreparationError(.scale, "a participant has at most \(GridSum.mostRows) rows, not \(rows.count)")
    }
    let label = try table.values(of: schema.label.column, role: "label")
    let rows = rows.filter { !label.isMissing($0) }
    let counting = missing == .drop ? try schema.completeRows(of: table, among: rows) : rows
    var values = NumberCache()
    var answer: [[Int64]] = []
    for subject in subjects {
      switch subject {
      case .rows: answer.append([Int64(counting.count), Int64(rows.count - counting.count)])
      case .classes:
        guard case .classes(let classes, let count) = try schema.label.targets(of: table, rows: counting)
        else {
          answer.append([])
          continue
        }
        var counts = [Int64](repeating: 0, count: count)
        for index in classes { counts[Int(index)] += 1 }
        answer.append(counts)
      case .number(let place, let statistic):
        let feature = schema.features[place]
        let numbers = try values.numbers(of: feature, at: place, in: table, rows: counting)
        answer.append(try statistic.answer(numbers.present, missing: numbers.missing, column: feature.column))
      case .levels(let place):
        let feature = schema.features[place]
        var counts = [Int64](repeating: 0, count: feature.levels.count + 1)
        for code in try table.values(of: feature.column, role: "feature").codes(
          in: feature.levels, rows: counting)
        {
          // A value that is none of the declared levels is neither counted nor missing.
          if code >= 0 { counts[Int(code)] += 1 } else if code == -1 { counts[feature.levels.count] += 1 }
        }
        answer.append(counts)
      case .target(let statistic):
        let numbers = try label.numbers(schema.label.column)
        answer.append(
          try statistic.answer(counting.map { numbers[$0] }, missing: 0, column: schema.label.column))
      }
    }
    return answer
  }

  /// The numbers of the column that was asked about last: questions about one column follow each other.
  private struct NumberCache {
    var feature: Int?
    var present: [Double] = []
    var missing = 0

    mutating func numbers(
      of feature: FeatureSchema.Feature, at place: Int, in table: Table, rows: [Int]
    ) throws(PreparationError) -> (present: [Double], missing: Int) {
      if self.feature != place {
        let numbers = try table.values(of: feature.column, role: "feature").numbers(feature.column)
        present = rows.lazy.map { numbers[$0] }.filter { !$0.isNaN }.map(feature.clipped)
        missing = rows.count - present.count
        self.feature = place
      }
      return (present, missing)
    }
  }
}

extension FeatureSchema {
  /// The rows that have a value in every feature.
  func completeRows(of table: Table, among rows: [Int]) throws(PreparationError) -> [Int] {
    var kept = rows
    for feature in features {
      let column = try table.values(of: feature.column, role: "feature")
      kept.removeAll(where: column.isMissing)
    }
    return kept
  }
}

extension FeatureSchema.Feature {
  /// The number, or the declared bound that it lies beyond.
  func clipped(_ number: Double) -> Double {
    if let minimum, number < minimum { return minimum }
    if let maximum, number > maximum { return maximum }
    return number
  }
}
