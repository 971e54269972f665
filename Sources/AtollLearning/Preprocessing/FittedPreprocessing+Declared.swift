extension FittedPreprocessing {
  /// What follows from declarations alone, without a look at any row; nil where something has to be asked or computed.
  ///
  /// That takes a kind for each column, bounds or no scaling for numbers, levels for categories, classes or a rule for the
  /// label, and that missing values are dropped or filled in with a constant. Whether there are rows, and of more than one
  /// class, is then found out by whoever trains.
  ///
  /// - Throws: ``PreparationError`` when the declarations contradict themselves.
  package init?(
    declaredBy features: FeaturePlan, _ plan: PreprocessingPlan
  ) throws(PreparationError) {
    try features.validate()
    guard features.label.task == .classification, let schema = FeatureSchema.declared(by: features, plan)
    else {
      return nil
    }
    try schema.check(plan)
    var declared: [Feature] = []
    for feature in schema.features {
      let transform: Transform
      switch feature.kind {
      case .number:
        guard let number = FittedNumber(declared: feature, plan) else { return nil }
        transform = .number(number)
      case .category:
        guard let category = FittedCategory(declared: feature, plan) else { return nil }
        transform = .category(category)
      }
      declared.append(Feature(column: feature.column, unit: feature.unit, transform: transform))
    }
    self.init(
      plan: plan, features: declared, label: schema.label, target: nil, group: schema.group,
      leftOut: schema.leftOut, trainingRows: 0, incompleteRows: 0, classRows: [])
  }
}

extension FittedNumber {
  /// Nil where the plan wants something that only rows can tell.
  init?(declared feature: FeatureSchema.Feature, _ plan: PreprocessingPlan) {
    let fill: Double?
    switch plan.missing {
    case .drop: fill = nil
    case .constant(let value): fill = value
    case .mean, .median, .mostFrequent: return nil
    }
    self.init(fill: fill, minimum: feature.minimum, maximum: feature.maximum)
    switch plan.scale {
    case .none: break
    case .bounds: scaleToBounds()
    case .minMax:
      guard let bounds = feature.bounds else { return nil }
      scale(offset: bounds.lowerBound, divisor: bounds.upperBound - bounds.lowerBound)
    case .standard, .robust: return nil
    }
  }
}

extension FittedCategory {
  /// Nil where the plan wants something that only rows can tell.
  init?(declared feature: FeatureSchema.Feature, _ plan: PreprocessingPlan) {
    var levels = feature.levels
    var fill: String?
    switch plan.missing {
    case .drop: break
    case .constant:
      // Whether there are rows to learn it from is not known: the level is there in any case.
      fill = Self.missingLevel
      levels = Levels.ordered(Set(levels + [Self.missingLevel]))
    case .mean, .median, .mostFrequent: return nil
    }
    self.init(levels: levels, fill: fill, dropsFirst: plan.categories == .dropFirst)
  }
}

extension FeatureSchema {
  /// Refuses numbers without the bounds that a plan scales by.
  func check(_ plan: PreprocessingPlan) throws(PreparationError) {
    guard plan.scale == .bounds,
      let feature = features.first(where: { $0.kind == .number && $0.bounds == nil })
    else { return }
    throw PreparationError(
      .contradiction,
      "column \(quoted(feature.column)) is scaled by its bounds, and has none; declare its minimum and maximum",
      column: feature.column)
  }
}
