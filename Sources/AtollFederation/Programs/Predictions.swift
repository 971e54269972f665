public import AtollLearning

/// What a model says about some rows.
public struct Predictions: Sendable {
  /// Which rows of the table these are, in order: where the model was trained on complete rows only, those that lack a
  /// value have no prediction.
  public let rows: [Int]
  /// How people call the classes, in order; empty for regression.
  public let classNames: [String]
  /// What the figures mean.
  public let meaning: ModelArchitecture.Prediction
  /// Row after row, as the model gives them: a value in the label's own unit, probabilities or scores.
  public let figures: [Float]

  /// Number of rows.
  public var count: Int { rows.count }

  /// The predicted numbers, in the label's own unit.
  ///
  /// - Precondition: the model predicts numbers.
  public var values: [Double] {
    precondition(meaning == .value, "the model predicts classes: ask for labels or probabilities")
    return figures.map(Double.init)
  }

  /// The likeliest class of each row, the first of equals.
  ///
  /// - Precondition: the model predicts classes.
  public var classes: [Int] {
    switch meaning {
    case .value: preconditionFailure("the model predicts numbers: ask for values")
    case .probability: return figures.map { $0 > 0.5 ? 1 : 0 }
    case .score: return figures.map { $0 > 0 ? 1 : 0 }
    case .probabilities, .scores:
      let width = classNames.count
      return rows.indices.map { place in
        (1..<width).reduce(0) { figures[place * width + $1] > figures[place * width + $0] ? $1 : $0 }
      }
    }
  }

  /// The name of the likeliest class of each row.
  ///
  /// - Precondition: the model predicts classes.
  public var labels: [String] { classes.map { classNames[$0] } }

  /// What the model gives a class in each row.
  ///
  /// - Precondition: the model gives probabilities, and knows the class.
  public func probabilities(of name: String) -> [Double] {
    guard let index = classNames.firstIndex(of: name) else {
      preconditionFailure("the classes are \(classNames.joined(separator: ", ")), not \(name)")
    }
    switch meaning {
    case .probability: return figures.map { Double(index == 1 ? $0 : 1 - $0) }
    case .probabilities:
      return stride(from: index, to: figures.count, by: classNames.count).map { Double(figures[$0]) }
    case .value, .score, .scores: preconditionFailure("the model gives no probabilities")
    }
  }
}

extension LearnedModel {
  /// How people call the classes, in order; empty for regression.
  public var classNames: [String] {
    if let preprocessing = preparation.preprocessing { return preprocessing.label.classNames }
    return (0..<(architecture.classes ?? 0)).map { "\($0)" }
  }

  /// What the model says about the rows of a table, which has the columns that the model was trained on, in any order and
  /// with others between. A label is not needed.
  ///
  /// - Throws: `PreparationError` when the table does not fit the model, ``RunFailure`` when a prediction is not finite.
  public func predict(_ table: Table) throws -> Predictions {
    let prepared = try preprocessing(for: table).prepare(table, withLabel: false)
    let count = prepared.rows.count
    let nothing: Targets =
      architecture.classes.map { .classes([Int32](repeating: 0, count: count), count: $0) }
      ?? .values([Float](repeating: 0, count: count))
    let examples = Dataset(inputShape: architecture.inputShape, features: prepared.features, targets: nothing)
    return Predictions(
      rows: prepared.rows, classNames: classNames, meaning: architecture.prediction,
      figures: try figures(for: examples))
  }

  /// What the model says about examples; their targets are not looked at.
  ///
  /// - Throws: `ModelError` when the examples have another shape, ``RunFailure`` when a prediction is not finite.
  public func predict(_ examples: Dataset) throws -> Predictions {
    guard examples.inputShape == architecture.inputShape else {
      throw ModelError(
        .data,
        "The examples have the shape \(examples.inputShape), but the model takes \(architecture.inputShape).")
    }
    return Predictions(
      rows: Array(0..<examples.count), classNames: classNames, meaning: architecture.prediction,
      figures: try figures(for: examples))
  }

  /// How good the model is on the rows of a table that has the label; rows without one are left out.
  ///
  /// - Parameters:
  ///   - table: a table with the columns that the model was trained on, and its label.
  ///   - metrics: the figures wanted; nil for all but the loss that the model has.
  /// - Throws: `PreparationError` when the table does not fit the model, `EvaluationError` when figures cannot be.
  public func evaluate(_ table: Table, metrics: [Metric]? = nil) throws -> Evaluation {
    try evaluate(preprocessing(for: table).apply(to: table), metrics: metrics)
  }

  /// How good the model is on examples with targets.
  ///
  /// - Parameters:
  ///   - examples: examples with targets.
  ///   - metrics: the figures wanted; nil for all but the loss that the model has.
  /// - Throws: `ModelError` when the examples do not fit the model, `EvaluationError` when figures cannot be.
  public func evaluate(_ examples: Dataset, metrics: [Metric]? = nil) throws -> Evaluation {
    try architecture.check(examples)
    let figures = try figures(for: examples).map(Double.init)
    switch examples.targets {
    case .values(let values):
      let labels = values.map { preparation.labelValue(of: Double($0)) }
      return try ValuePredictions(figures, targets: labels).evaluation(of: metrics ?? [.rmse, .mae, .r2])
    case .classes(let labels, let count):
      let isMargin = architecture.prediction == .score || architecture.prediction == .scores
      let all = Metric.classification.filter { $0 != .loss && !(isMargin && $0.needsProbabilities) }
      let predictions = try ClassPredictions(
        figures, scale: isMargin ? .margin : .probability, labels: labels, classes: count)
      return predictions.evaluation(of: metrics ?? all)
    }
  }

  /// How the table becomes examples; where each site scales by its own rows, by those of this table.
  private func preprocessing(for table: Table) throws -> FittedPreprocessing {
    guard let preprocessing = preparation.preprocessing else {
      throw RunFailure(.unfit, "the model takes examples, and this is a table")
    }
    return try preprocessing.localized(to: table)
  }

  /// Row-major, values in the label's own unit.
  private func figures(for examples: Dataset) throws -> [Float] {
    let figures = architecture.model.predictions(at: parameters, for: examples, using: Workspace())
    guard figures.allSatisfy(\.isFinite) else {
      throw RunFailure(.diverged, "the model predicts numbers that are not finite; its training diverged")
    }
    guard architecture.prediction == .value else { return figures }
    return figures.map { Float(preparation.labelValue(of: Double($0))) }
  }
}
