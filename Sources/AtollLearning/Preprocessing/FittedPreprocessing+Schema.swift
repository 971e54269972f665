extension FittedPreprocessing {
  /// The columns of a file that the model needs, as it needs them.
  ///
  /// - Parameters:
  ///   - profile: what the file holds.
  ///   - withLabel: whether the label is wanted too.
  /// - Throws: ``PreparationError`` with code `.unknownColumn` for the columns that the file lacks.
  public func schema(for profile: TableProfile, withLabel: Bool) throws(PreparationError) -> TableSchema {
    let absent = features.map(\.column).filter { profile[$0] == nil }
    guard absent.isEmpty else {
      throw PreparationError(
        .unknownColumn,
        """
        it lacks \(absent.count) of the model's \(features.count) columns: \(listed(absent))
        Its columns are: \(listed(profile.columns.map(\.name)))
        """, column: absent[0])
    }
    var columns = features.map { feature in
      let isDate = profile[feature.column]?.kind == .date
      switch feature.transform {
      case .category: return TableSchema.Column(feature.column, .category)
      case .number, .siteNumber: return TableSchema.Column(feature.column, isDate ? .date : .number)
      }
    }
    guard withLabel else { return TableSchema(columns) }
    guard let found = profile[label.column] else {
      throw PreparationError(
        .unknownColumn, "there is no column \(quoted(label.column)), which the model predicts",
        column: label.column)
    }
    let kind: TableSchema.Kind =
      switch label.kind {
      case .number: .number
      case .classes: .category
      case .rule: found.kind == .category ? .category : .number
      }
    columns.append(TableSchema.Column(label.column, kind))
    return TableSchema(columns)
  }

  private func listed(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
  }
}
