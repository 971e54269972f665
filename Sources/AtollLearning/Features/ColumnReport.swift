/// What a participant tells about its columns, so that all can agree on the features.
///
/// This is the one answer of a fit that is not a sum: it names the columns with their kinds, the levels of categories
/// and the classes of the label. Values of numbers leave only where the most frequent one is asked for; levels of
/// columns that look like identifiers or free text never do. A task that declares all of it asks nothing.
public struct ColumnReport: Hashable, Codable, Sendable {
  /// What speaks against a column as a feature.
  public enum Remark: String, Hashable, Codable, Sendable {
    /// Nearly every row has a value of its own.
    case identifier = "looks like an identifier"
    /// Dates.
    case date = "holds dates"
    /// Free text.
    case text = "holds free text"
    /// One value only.
    case constant = "holds one value only"
    /// No value at all.
    case empty = "holds no value"
    /// The task leaves categories out.
    case category = "is a category"
  }

  /// One column of a participant's table.
  public struct Column: Hashable, Codable, Sendable {
    /// Its name.
    public let name: String
    /// Nil when the column has no value here.
    public let kind: FeatureKind?
    /// Why it is not to be learnt from; nil where it may be.
    public let remark: Remark?
    /// Nil where none are asked for, or there are too many.
    public let levels: [String]?
  }

  /// The columns, in the table's order.
  public let columns: [Column]
  /// The values of the label, where they are the classes.
  public let labelLevels: [String]

  /// The most columns of a report, and with that of a model's features.
  public static let mostColumns = 4_096
}

extension ColumnReport {
  /// Looks at a participant's columns.
  ///
  /// - Parameters:
  ///   - table: the participant's table.
  ///   - labelled: the rows whose classes count; those without a label do not.
  ///   - training: the rows to learn from; what holds for the others is not looked at.
  ///   - plan: what the task says about columns.
  ///   - preprocessing: what is done to them.
  ///   - remarks: what is known from reading the file, such as which columns hold dates.
  /// - Throws: ``PreparationError`` when the label or a feature is not there, or cannot be what it is declared to be.
  public init(
    of table: Table, labelled: [Int], training: [Int], plan: FeaturePlan, preprocessing: PreprocessingPlan,
    remarks: [String: Remark] = [:]
  ) throws(PreparationError) {
    try plan.validate()
    let label = try table.values(of: plan.label.column, role: "label")
    let training = training.filter { !label.isMissing($0) }
    let names = plan.features ?? table.names.filter { $0 != plan.label.column && $0 != plan.group }
    for name in names where table[name] == nil {
      throw .unknownColumn(name, as: "feature", among: table.names)
    }
    guard names.count <= Self.mostColumns else {
      throw PreparationError(
        .noFeatures,
        "the table has \(grouped(names.count)) columns to learn from, and at most \(grouped(Self.mostColumns)) can be; list the features"
      )
    }
    var columns: [Column] = []
    for name in names {
      let values = try table.values(of: name, role: "feature")
      if plan.declaration(of: name)?.kind == .number { try values.requireNumbers(name) }
      columns.append(
        Column(
          name, values, training: training, declaration: plan.declaration(of: name),
          isListed: plan.features != nil,
          wantsValues: preprocessing.missing == .mostFrequent && preprocessing.scope == .federation,
          remark: remarks[name]))
    }
    if plan.features == nil {
      // Left out when the file was read: said here, so that every site's list of columns is whole.
      columns += remarks.keys.filter { table[$0] == nil && $0 != plan.label.column && $0 != plan.group }
        .sorted()
        .map { Column(name: $0, kind: nil, remark: remarks[$0], levels: nil) }
    }
    self.columns = columns
    if plan.label.task == .regression || plan.label.positive?.needsNumbers == true {
      try label.requireNumbers(plan.label.column)
    }
    let asksClasses =
      plan.label.task == .classification && plan.label.positive == nil && plan.label.classes == nil
    labelLevels = asksClasses ? Levels.ordered(label.levels(in: labelled)) : []
    try LevelName.check(labelLevels, of: plan.label.column)
  }

  /// Refuses what no honest participant sends, before anything is allocated by it.
  func check(for plan: FeaturePlan) throws(PreparationError) {
    guard columns.count <= Self.mostColumns, firstRepeated(columns.map(\.name)) == nil else {
      throw PreparationError(
        .contradiction, "a participant's report has too many columns, or one of them twice")
    }
    try LevelName.check(labelLevels, of: plan.label.column)
    for column in columns {
      try LevelName.check([column.name], of: column.name)
      try LevelName.check(column.levels ?? [], of: column.name)
    }
  }
}

extension ColumnReport.Column {
  fileprivate init(
    _ name: String, _ values: Table.Column, training: [Int], declaration: ColumnDeclaration?, isListed: Bool,
    wantsValues: Bool, remark known: ColumnReport.Remark?
  ) {
    let distinct = values.distinctCount(in: training)
    let levels = distinct > LevelName.mostLevels ? [] : values.levels(in: training)
    let tooMany = distinct > LevelName.mostLevels || levels.contains { $0.utf8.count > LevelName.longest }
    let natural: FeatureKind = if case .number = values { .number } else { .category }
    let kind = distinct == 0 ? declaration?.kind : declaration?.kind ?? natural
    let remark = known ?? Self.remark(name, values, distinct: distinct, isText: tooMany, training: training)
    let asked = kind == .category ? declaration?.levels == nil : wantsValues
    // What will be left out anyway is kept at home.
    let stays = !isListed && declaration?.kind == nil && [.identifier, .text, .date].contains(remark)
    self.init(
      name: name, kind: kind, remark: remark,
      levels: asked && !stays && !tooMany ? Levels.ordered(levels) : nil)
  }

  /// In fewer rows, different values everywhere are no sign of anything.
  private static let fewRows = 20

  private static func remark(
    _ name: String, _ values: Table.Column, distinct: Int, isText: Bool, training: [Int]
  ) -> ColumnReport.Remark? {
    if distinct == 0 { return .empty }
    if distinct == 1 { return .constant }
    let present = training.filter { !values.isMissing($0) }
    guard present.count >= fewRows else { return nil }
    switch values {
    case .number(let numbers):
      // Measurements with many digits differ in every row as well; whole numbers hardly do.
      guard present.allSatisfy({ numbers[$0] == numbers[$0].rounded() }) else { return nil }
      let pairs = zip(present, present.dropFirst())
      let isMonotonic =
        pairs.allSatisfy { numbers[$0] < numbers[$1] } || pairs.allSatisfy { numbers[$0] > numbers[$1] }
      return isMonotonic || IdentifierWords.end(name) && distinct * 2 >= present.count
        ? .identifier : nil
    case .category:
      if distinct * 100 >= present.count * 95 { return .identifier }
      return isText ? .text : nil
    }
  }
}

extension TableProfile {
  /// What speaks against columns of the file as features.
  public var remarks: [String: ColumnReport.Remark] {
    var remarks: [String: ColumnReport.Remark] = [:]
    for column in columns {
      if column.type == .identifier { remarks[column.name] = .identifier }
      if column.type == .date { remarks[column.name] = .date }
    }
    return remarks
  }
}
