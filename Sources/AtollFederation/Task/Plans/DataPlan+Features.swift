public import AtollLearning

extension FederatedTask {
  /// What the task says about columns, for preprocessing; nil for images.
  ///
  /// Columns to exclude are not in it: they are not read.
  public var featurePlan: FeaturePlan? {
    guard let label = data.label else { return nil }
    return FeaturePlan(
      label: LabelPlan(
        label.column, task: kind == .classification ? .classification : .regression, positive: label.positive),
      features: data.features?.map(\.name),
      declarations: (data.features ?? []).map { feature in
        ColumnDeclaration(
          feature.name, kind: feature.type.flatMap { FeatureKind(rawValue: $0.rawValue) },
          minimum: feature.minimum, maximum: feature.maximum, unit: feature.unit)
      },
      group: data.group)
  }

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
