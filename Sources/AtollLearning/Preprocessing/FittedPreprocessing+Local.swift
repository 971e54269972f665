extension FittedPreprocessing {
  /// Fits to one table alone: as a federation of one participant.
  ///
  /// - Parameters:
  ///   - table: the table.
  ///   - rows: the rows to learn from; nil for all. Those without a label do not count.
  ///   - features: what the task says about columns.
  ///   - plan: what is done to them.
  ///   - remarks: what is known from reading the file, such as which columns hold dates.
  /// - Throws: ``PreparationError`` when the table does not fit the plan.
  public init(
    fitting table: Table, rows: [Int]? = nil, features: FeaturePlan,
    plan: PreprocessingPlan = PreprocessingPlan(),
    remarks: [String: ColumnReport.Remark] = [:]
  ) throws(PreparationError) {
    let label = try table.values(of: features.label.column, role: "label")
    let labelled = (0..<table.rowCount).filter { !label.isMissing($0) }
    let training = rows ?? labelled
    var plan = plan
    plan.scope = .federation
    var fit = try PreprocessingFit(features, plan)
    if case .reports = try fit.next() {
      let report = try ColumnReport(
        of: table, labelled: labelled, training: training, plan: features, preprocessing: plan,
        remarks: remarks)
      try fit.absorb(reports: ["this table": report])
    }
    self = try fit.completed(on: table, rows: training)
  }

  /// The preprocessing with numbers fitted to one site's own rows, where the plan leaves them to the sites.
  ///
  /// A column without any value here gives zeros. Levels of categories stay those of the federation. What is fitted
  /// already comes back as it is.
  ///
  /// - Parameters:
  ///   - table: the site's table.
  ///   - rows: the site's training rows; nil for all. Nothing of them leaves.
  /// - Throws: ``PreparationError`` when the table does not fit the model.
  public func localized(to table: Table, rows: [Int]? = nil) throws(PreparationError) -> FittedPreprocessing {
    guard needsLocalizing else { return self }
    var rows = rows ?? Array(0..<table.rowCount)
    if let label = table[label.column] { rows.removeAll(where: label.isMissing) }
    if plan.missing == .drop {
      // A row that another feature leaves out does not count for this one either.
      for feature in features {
        rows.removeAll(where: try table.values(of: feature.column, role: "feature").isMissing)
      }
    }
    var localized = self
    for (place, feature) in features.enumerated() {
      guard case .siteNumber(let minimum, let maximum) = feature.transform else { continue }
      let values = try table.values(of: feature.column, role: "feature").numbers(feature.column)
      let local = FeatureSchema.Feature(
        column: feature.column, kind: .number, unit: feature.unit, minimum: minimum, maximum: maximum,
        levels: plan.missing == .mostFrequent
          ? Levels.ordered(Table.Column.number(values).levels(in: rows)) : [])
      let present = rows.lazy.map { values[$0] }.filter { !$0.isNaN }.map(local.clipped)
      var fit = NumberFit(local, plan)
      while !fit.open.isEmpty {
        var answers: [[Int64]] = []
        for statistic in fit.open {
          answers.append(
            try statistic.answer(Array(present), missing: rows.count - present.count, column: feature.column))
        }
        try fit.absorb(answers)
      }
      guard let fitted = fit.fitted else { throw .noValues(feature.column) }
      localized.features[place].transform = .number(fitted)
    }
    return localized
  }

  /// Whether every site has to fit the numbers to its own rows first.
  public var needsLocalizing: Bool {
    features.contains { if case .siteNumber = $0.transform { true } else { false } }
  }
}

extension PreprocessingFit {
  /// Runs the fit to its end with one table as the only participant.
  fileprivate consuming func completed(
    on table: Table, rows: [Int]
  ) throws(PreparationError) -> FittedPreprocessing {
    var fit = self
    while true {
      switch try fit.next() {
      case .finished(let outcome): return outcome
      case .sums(let question): try fit.absorb(sums: try question.answer(from: table, rows: rows))
      case .reports: preconditionFailure("the columns are agreed before the sums begin")
      }
    }
  }
}
