/// The server's side of fitting a preprocessing: a value that asks, takes in the answers, and asks on.
///
/// 1. *Which columns are there?* Every participant's ``ColumnReport``; skipped when the task declares everything.
/// 2. *Survey*: rows, classes, levels, missing values and, for the scale of a column, a histogram of binary exponents.
/// 3. *Moments and places*: sums for means, then squared distances for standard deviations; 1,024-bin histograms for
///    medians, quartiles and extremes, refined until the number is pinned down.
///
/// All of 2 and 3 are sums over the participants of bounded integers. The outcome is the same bits however the rows
/// are shared out: the federated fit equals the pooled one.
package struct PreprocessingFit: Hashable, Codable, Sendable {
  package enum Step: Hashable, Sendable {
    /// Every participant reports its columns.
    case reports
    /// Every participant answers; the integers are summed.
    case sums(StatisticsQuestion)
    case finished(FittedPreprocessing)
  }

  package let features: FeaturePlan
  package let plan: PreprocessingPlan
  private var schema: FeatureSchema?
  private var numbers: [NumberFit?] = []
  private var levelRows: [[Int64]?] = []
  /// The label's mean and deviation, where it is a number: sums over all participants, whatever the scope.
  private var target: NumberFit?
  private var rows: [Int64]?
  private var classRows: [Int64] = []

  package init(_ features: FeaturePlan, _ plan: PreprocessingPlan) throws(PreparationError) {
    try features.validate()
    self.features = features
    self.plan = plan
    if let declared = FeatureSchema.declared(by: features, plan) { try begin(with: declared) }
  }

  /// What was kept of a fit that is under way.
  ///
  /// - Throws: `DecodingError` where its parts do not belong together.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    features = try container.decode(FeaturePlan.self, forKey: .features)
    plan = try container.decode(PreprocessingPlan.self, forKey: .plan)
    schema = try container.decodeIfPresent(FeatureSchema.self, forKey: .schema)
    numbers = try container.decode([NumberFit?].self, forKey: .numbers)
    levelRows = try container.decode([[Int64]?].self, forKey: .levelRows)
    target = try container.decodeIfPresent(NumberFit.self, forKey: .target)
    rows = try container.decodeIfPresent([Int64].self, forKey: .rows)
    classRows = try container.decode([Int64].self, forKey: .classRows)
    guard isWhole else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath, debugDescription: "sums of other columns than the schema has"))
    }
  }

  /// Whether there is a place for each column of the schema, and no other.
  private var isWhole: Bool {
    let columns = schema?.features ?? []
    guard numbers.count == columns.count, levelRows.count == columns.count, rows?.count ?? 2 == 2 else {
      return false
    }
    return zip(columns, levelRows).allSatisfy { column, rows in
      // One more for values that are missing.
      rows.map { $0.count == column.levels.count + 1 } ?? true
    }
  }

  private mutating func begin(with schema: FeatureSchema) throws(PreparationError) {
    try schema.check(plan)
    self.schema = schema
    numbers = schema.features.map {
      $0.kind == .number && plan.scope == .federation ? NumberFit($0, plan) : nil
    }
    levelRows = schema.features.map { _ in nil }
    if schema.label.kind == .number { target = FittedTarget.fit(of: schema.label.column) }
  }

  /// What comes next; asked again, it says the same.
  ///
  /// - Throws: ``PreparationError`` when the answers so far cannot be.
  package func next() throws(PreparationError) -> Step {
    guard let schema else { return .reports }
    let subjects = subjects(of: schema)
    if !subjects.isEmpty {
      return .sums(StatisticsQuestion(schema: schema, missing: plan.missing, subjects: subjects))
    }
    return .finished(try outcome(schema))
  }

  /// What is still unknown.
  private func subjects(of schema: FeatureSchema) -> [StatisticsQuestion.Subject] {
    var subjects: [StatisticsQuestion.Subject] = []
    if rows == nil { subjects += schema.label.classCount == nil ? [.rows] : [.rows, .classes] }
    for (place, feature) in schema.features.enumerated() {
      if let number = numbers[place] {
        subjects += number.open.map { .number(feature: place, $0) }
      } else if feature.kind == .category, plan.missing != .drop, levelRows[place] == nil {
        subjects.append(.levels(feature: place))
      }
    }
    if let target { subjects += target.open.map { .target($0) } }
    return subjects
  }

  /// Takes in what the participants, by name, report of their columns.
  package mutating func absorb(reports: [String: ColumnReport]) throws(PreparationError) {
    try begin(with: FeatureSchema(plan: features, preprocessing: plan, reports: reports))
  }

  /// Takes in the sums over all participants, in the order of the question.
  package mutating func absorb(sums: [[Int64]]) throws(PreparationError) {
    guard let schema, case .sums(let question) = try next(), question.sums.map(\.count) == sums.map(\.count)
    else {
      throw PreparationError(.contradiction, "these sums answer another question")
    }
    var ofNumber: [Int: [[Int64]]] = [:]
    var ofTarget: [[Int64]] = []
    for (subject, sum) in zip(question.subjects, sums) {
      switch subject {
      case .rows:
        guard (1...Int64(GridSum.mostRows)).contains(sum[0]) else {
          throw PreparationError(
            .noValues,
            sum[0] == 0
              ? "no training row is left" + (sum[1] > 0 ? ": all \(sum[1]) lack a value in some feature" : "")
              : "all participants together have at most \(GridSum.mostRows) rows")
        }
        rows = sum
      case .classes:
        classRows = sum
        try checkClasses(schema.label)
      case .levels(let place): levelRows[place] = sum
      case .number(let place, _): ofNumber[place, default: []].append(sum)
      case .target: ofTarget.append(sum)
      }
    }
    if !ofTarget.isEmpty { try target?.absorb(ofTarget) }
    for place in schema.features.indices {
      guard let answers = ofNumber[place] else { continue }
      try numbers[place]?.absorb(answers)
    }
  }

  private func checkClasses(_ label: FeatureSchema.Label) throws(PreparationError) {
    let present = zip(label.classNames, classRows).filter { $1 > 0 }
    guard present.count < 2, !features.label.mayLackClasses else { return }
    throw .singleClass(present.first?.0, of: label.column)
  }

  private func outcome(_ schema: FeatureSchema) throws(PreparationError) -> FittedPreprocessing {
    var features: [FittedPreprocessing.Feature] = []
    for (place, feature) in schema.features.enumerated() {
      let transform: FittedPreprocessing.Transform
      switch (feature.kind, numbers[place]) {
      case (.category, _): transform = .category(category(feature, rows: levelRows[place]))
      case (.number, nil): transform = .siteNumber(minimum: feature.minimum, maximum: feature.maximum)
      case (.number, let number?):
        guard !number.isEmpty else { throw .noValues(feature.column) }
        guard let fitted = number.fitted else { throw .contradictorySums(feature.column) }
        transform = .number(fitted)
      }
      features.append(.init(column: feature.column, unit: feature.unit, transform: transform))
    }
    var fittedTarget: FittedTarget?
    if let target {
      guard let fitted = target.fitted else { throw .contradictorySums(schema.label.column) }
      fittedTarget = FittedTarget(fitted, isStandardized: plan.scale != .none)
    }
    return FittedPreprocessing(
      plan: plan, features: features, label: schema.label, target: fittedTarget, group: schema.group,
      leftOut: schema.leftOut,
      trainingRows: Int(rows?[0] ?? 0), incompleteRows: Int(rows?[1] ?? 0),
      classRows: classRows.map { Int($0) })
  }

  private func category(_ feature: FeatureSchema.Feature, rows: [Int64]?) -> FittedCategory {
    var levels = feature.levels
    var fill: String?
    switch plan.missing {
    case .drop: break
    case .constant:
      // A level of its own, when there were rows to learn it from.
      if let missing = rows?.last, missing > 0 {
        fill = FittedCategory.missingLevel
        levels = Levels.ordered(Set(levels + [FittedCategory.missingLevel]))
      }
    case .mean, .median, .mostFrequent:
      let counts = rows?.dropLast() ?? []
      fill = counts.max().flatMap(counts.firstIndex).map { levels[$0] }
    }
    return FittedCategory(levels: levels, fill: fill, dropsFirst: plan.categories == .dropFirst)
  }
}

extension FittedCategory {
  /// The level that missing values get where a constant stands for them.
  package static let missingLevel = "missing"
}

extension PreparationError {
  fileprivate static func contradictorySums(_ column: String) -> PreparationError {
    PreparationError(
      .contradiction, "column \(quoted(column)): the sums contradict each other", column: column)
  }

  static func noValues(_ column: String) -> PreparationError {
    PreparationError(
      .noValues, "column \(quoted(column)) has no value in any training row; leave it out of the features",
      column: column)
  }
}
