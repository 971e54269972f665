extension FeatureSchema {
  /// What is agreed when nobody has to be asked; nil when something is left to ask.
  ///
  /// That takes a list of features, a kind for each, levels for each category, and classes or a rule for the label.
  static func declared(by plan: FeaturePlan, _ preprocessing: PreprocessingPlan) -> FeatureSchema? {
    guard let names = plan.features,
      plan.label.task == .regression || plan.label.positive != nil || plan.label.classes != nil
    else { return nil }
    var features: [Feature] = []
    for name in names {
      guard let declaration = plan.declaration(of: name), let kind = declaration.kind else { return nil }
      if kind == .category && preprocessing.categories == .drop { continue }
      if kind == .category && declaration.levels == nil { return nil }
      if kind == .number && preprocessing.missing == .mostFrequent { return nil }
      features.append(Feature(name, kind, declaration, levels: declaration.levels ?? []))
    }
    return FeatureSchema(
      features: features, label: Label(plan.label, levels: []), group: plan.group,
      leftOut: dropped(names.filter { plan.declaration(of: $0)?.kind == .category }, preprocessing))
  }

  /// What the participants' reports come to. Their order does not matter.
  ///
  /// - Throws: ``PreparationError`` when a column is missing somewhere, or a number here and text there.
  init(
    plan: FeaturePlan, preprocessing: PreprocessingPlan, reports: [String: ColumnReport]
  ) throws(PreparationError) {
    let participants = reports.keys.sorted()
    guard let first = participants.first.flatMap({ reports[$0] }) else {
      throw PreparationError(.noFeatures, "no participant has answered which columns it has")
    }
    for participant in participants { try reports[participant]?.check(for: plan) }
    var features: [Feature] = []
    var leftOut: [LeftOut] = []
    for name in Self.names(plan, first, reports) {
      let seen = try Self.everywhere(name, reports)
      let declaration = plan.declaration(of: name)
      if plan.features == nil, declaration?.kind == nil,
        let reason = Self.reasonToLeaveOut(seen.map(\.column))
      {
        leftOut.append(LeftOut(column: name, reason: reason))
        continue
      }
      let kind = try Self.agreedKind(name, seen, declaration)
      if kind == .category, preprocessing.categories == .drop {
        leftOut += Self.dropped([name], preprocessing)
        continue
      }
      var levels = declaration?.levels ?? []
      if kind == .category ? declaration?.levels == nil : preprocessing.missing == .mostFrequent {
        levels = try Self.agreedLevels(name, kind, seen.map(\.column))
      }
      features.append(Feature(name, kind, declaration, levels: levels))
    }
    guard !features.isEmpty else {
      let reasons = listed(leftOut.map { "\($0.column): \($0.reason.rawValue)" })
      throw PreparationError(.noFeatures, "no column is left to learn from (\(reasons)); list the features")
    }
    let label = Label(
      plan.label, levels: Array(Set(participants.flatMap { reports[$0]?.labelLevels ?? [] })))
    if let count = label.classCount, count < 2 {
      throw .singleClass(label.classNames.first, of: label.column)
    }
    self.init(features: features, label: label, group: plan.group, leftOut: leftOut)
  }

  private typealias Seen = (participant: String, column: ColumnReport.Column)

  /// The listed features; else the first table's columns, then those that only other tables have.
  private static func names(
    _ plan: FeaturePlan, _ first: ColumnReport, _ reports: [String: ColumnReport]
  ) -> [String] {
    if let listed = plan.features { return listed }
    let names = first.columns.map(\.name)
    return names + Set(reports.values.flatMap { $0.columns.map(\.name) }).subtracting(names).sorted()
  }

  /// What each participant says about a column, in their order.
  private static func everywhere(
    _ name: String, _ reports: [String: ColumnReport]
  ) throws(PreparationError) -> [Seen] {
    var seen: [Seen] = []
    var lacking: [String] = []
    for participant in reports.keys.sorted() {
      if let column = reports[participant]?.columns.first(where: { $0.name == name }) {
        seen.append((participant, column))
      } else {
        lacking.append(participant)
      }
    }
    guard lacking.isEmpty else {
      throw PreparationError(
        .disagreement,
        """
        column \(quoted(name)) is missing at \(listed(lacking)); \
        name the features that all participants have, or map its columns
        """, column: name)
    }
    return seen
  }

  /// The union of the participants' levels.
  private static func agreedLevels(
    _ name: String, _ kind: FeatureKind, _ columns: [ColumnReport.Column]
  ) throws(PreparationError) -> [String] {
    let levels = Set(columns.flatMap { $0.levels ?? [] })
    guard !levels.isEmpty, columns.allSatisfy({ $0.levels != nil || $0.kind == nil }) else {
      throw PreparationError(
        .levels,
        """
        column \(quoted(name)) has too many different values for \
        \(kind == .category ? "a category" : "its most frequent one to mean anything")
        """, column: name)
    }
    try LevelName.check(Array(levels), of: name)
    return Array(levels)
  }

  private static func dropped(_ names: [String], _ plan: PreprocessingPlan) -> [LeftOut] {
    plan.categories == .drop ? names.map { LeftOut(column: $0, reason: .category) } : []
  }

  /// Where no site has more than one value of a number, the sites' values may still differ. They are not told, so the
  /// column stays; if they are all the same it is only shifted to 0, and does nothing.
  private static func reasonToLeaveOut(_ columns: [ColumnReport.Column]) -> ColumnReport.Remark? {
    for remark in [ColumnReport.Remark.identifier, .date, .text]
    where columns.contains(where: { $0.remark == remark }) {
      return remark
    }
    if columns.allSatisfy({ $0.remark == .empty }) { return .empty }
    guard columns.allSatisfy({ $0.remark == .constant || $0.remark == .empty }) else { return nil }
    let constants = columns.filter { $0.remark == .constant }
    let levels = Set(constants.flatMap { $0.levels ?? [] })
    return constants.count > 1 && (constants.contains { $0.kind == .number } || levels.count > 1)
      ? nil : .constant
  }

  private static func agreedKind(
    _ name: String, _ seen: [(participant: String, column: ColumnReport.Column)],
    _ declaration: ColumnDeclaration?
  ) throws(PreparationError) -> FeatureKind {
    if let kind = declaration?.kind { return kind }
    let numbers = seen.filter { $0.column.kind == .number }.map(\.participant)
    let categories = seen.filter { $0.column.kind == .category }.map(\.participant)
    guard numbers.isEmpty || categories.isEmpty else {
      throw PreparationError(
        .disagreement,
        """
        column \(quoted(name)) holds text at \(listed(categories)) \
        and numbers at \(listed(numbers)); declare it as a number or a category
        """, column: name)
    }
    guard !(numbers.isEmpty && categories.isEmpty) else {
      throw PreparationError(
        .noValues, "column \(quoted(name)) has no value in any training row; leave it out of the features",
        column: name)
    }
    return categories.isEmpty ? .number : .category
  }
}

extension FeatureSchema.Feature {
  fileprivate init(_ column: String, _ kind: FeatureKind, _ declaration: ColumnDeclaration?, levels: [String])
  {
    self.init(
      column: column, kind: kind, unit: declaration?.unit, minimum: declaration?.minimum,
      maximum: declaration?.maximum, levels: Levels.ordered(Set(levels.map(LevelName.canonical))))
  }
}

extension FeatureSchema.Label {
  fileprivate init(_ plan: LabelPlan, levels: [String]) {
    let kind: Kind =
      switch (plan.task, plan.positive) {
      case (.regression, _): .number
      case (.classification, let rule?): .rule(rule)
      case (.classification, nil):
        .classes(Levels.ordered(Set((plan.classes ?? levels).map(LevelName.canonical))))
      }
    self.init(column: plan.column, kind: kind)
  }
}
