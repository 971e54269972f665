public import AtollLearning

extension FederatedTask {
  /// What the task says about columns, for preprocessing; nil for images.
  ///
  /// Columns to exclude are not in it: they are not read.
  public var featurePlan: FeaturePlan? { data.featurePlan(of: kind) }

  /// How the task's tables are spelt, for a source whose columns have these names.
  ///
  /// - Parameter columns: the task's name of a column and the file's, where they differ.
  public func tableFormat(columns: [String: String] = [:]) -> TableFormat {
    TableFormat(
      columns: data.format.columns,
      rename: Dictionary(uniqueKeysWithValues: columns.map { ($0.value, $0.key) }),
      missingValues: data.format.missingValues, decimal: data.format.decimal == .comma ? .comma : .point,
      delimiter: data.format.delimiter == .comma ? nil : data.format.delimiter.character)
  }
}

extension DataPlan {
  func featurePlan(of kind: FederatedTask.Kind) -> FeaturePlan? {
    guard let label else { return nil }
    return FeaturePlan(
      label: LabelPlan(
        label.column, task: kind == .classification ? .classification : .regression, positive: label.positive,
        classes: label.classes),
      features: features?.map(\.name),
      declarations: (features ?? []).map { feature in
        ColumnDeclaration(
          feature.name, kind: feature.kind.flatMap { FeatureKind(rawValue: $0.rawValue) },
          minimum: feature.minimum, maximum: feature.maximum, unit: feature.unit, levels: feature.levels)
      },
      group: group)
  }

  /// How columns become numbers where all of it is declared, so that no row is looked at; nil where it is not, and for
  /// images.
  ///
  /// - Throws: `PreparationError` when the declarations contradict themselves.
  func declaredPreprocessing(of kind: FederatedTask.Kind) throws(PreparationError) -> FittedPreprocessing? {
    guard let features = featurePlan(of: kind) else { return nil }
    return try FittedPreprocessing(declaredBy: features, preprocess)
  }
}
