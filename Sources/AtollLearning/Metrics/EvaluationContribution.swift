public import AtollNumerics

/// What a participant adds.
extension EvaluationSums {
  /// The contribution of a classifier's predictions: a vector for each of ``sums``.
  ///
  /// - Parameters:
  ///   - predictions: what the model says, and what is true.
  ///   - losses: the training loss of each row, where ``Metric/loss`` is measured.
  /// - Throws: ``EvaluationError`` when there are more rows than agreed, a loss is not finite or a sum exceeds its bound.
  /// - Precondition: the predictions have the classes and the scale of the problem.
  public func contribution(
    of predictions: ClassPredictions, losses: [Double] = []
  ) throws(EvaluationError) -> [RingVector] {
    precondition(
      problem == .classification(classes: predictions.classes, scale: predictions.scale),
      "the sums are for these predictions")
    try check(rows: predictions.count)
    var vectors: [RingVector] = []
    for sum in sums { vectors.append(try RingVector(elements(of: sum, for: predictions, losses: losses))) }
    return vectors
  }

  /// The contribution of predicted numbers: a vector for each of ``sums``.
  ///
  /// - Parameters:
  ///   - predictions: what the model says, and what is true.
  ///   - losses: the training loss of each row, where ``Metric/loss`` is measured.
  /// - Throws: ``EvaluationError`` when there are more rows than agreed, a loss is not finite or a sum exceeds its bound.
  /// - Precondition: the problem is a regression.
  public func contribution(
    of predictions: ValuePredictions, losses: [Double] = []
  ) throws(EvaluationError) -> [RingVector] {
    guard case .regression(let unit, _) = problem else { preconditionFailure("the sums are for classes") }
    try check(rows: predictions.count)
    let errors = zip(predictions.targets, predictions.predictions).map { ($0 - $1) / unit.size }
    let targets = predictions.targets.map { ($0 - unit.center) / unit.size }
    var vectors: [RingVector] = []
    for sum in sums {
      if sum.name == Name.residuals.rawValue {
        var counts = [Int64](repeating: 0, count: sum.count)
        for error in errors {
          counts[ResidualHistogram.index(ofWidths: error * ResidualHistogram.binsPerUnit)] += 1
        }
        vectors.append(RingVector(counts))
        continue
      }
      let total: Int64 =
        switch Name(rawValue: sum.name) {
        case .rows: Int64(predictions.count)
        case .loss: try total(losses.map { $0 / lossUnit }, rows: predictions.count, in: sum)
        case .absoluteError: try total(errors.map(\.magnitude), rows: predictions.count, in: sum)
        case .squaredError: try total(errors.map { $0 * $0 }, rows: predictions.count, in: sum)
        case .target: try total(targets, rows: predictions.count, in: sum)
        case .targetSquared: try total(targets.map { $0 * $0 }, rows: predictions.count, in: sum)
        default: preconditionFailure("\(sum.name) is no sum of regression")
        }
      vectors.append(RingVector([total]))
    }
    return vectors
  }

  private func elements(
    of sum: Sum, for predictions: ClassPredictions, losses: [Double]
  ) throws(EvaluationError) -> [Int64] {
    let rows = 0..<predictions.count
    var elements = [Int64](repeating: 0, count: sum.count)
    switch Name(rawValue: sum.name) {
    case .rows: elements[0] = Int64(predictions.count)
    case .loss: elements[0] = try total(losses, rows: predictions.count, in: sum)
    case .logLoss: elements[0] = try total(rows.map(predictions.logLoss), rows: predictions.count, in: sum)
    case .confusion: elements = ConfusionMatrix(of: predictions).counts.map(Int64.init)
    case .positives: countScores(of: predictions, positive: true, in: &elements)
    case .negatives: countScores(of: predictions, positive: false, in: &elements)
    case .calibrationRows: for row in rows { elements[Calibration.place(row, of: predictions).bin] += 1 }
    case .calibrationHits:
      for row in rows {
        let place = Calibration.place(row, of: predictions)
        elements[place.bin] += place.isHit ? 1 : 0
      }
    case .calibrationConfidence:
      for row in rows {
        let place = Calibration.place(row, of: predictions)
        elements[place.bin] += Int64((place.confidence * sum.scale).rounded(.toNearestOrEven))
      }
    default: preconditionFailure("\(sum.name) is no sum of classification")
    }
    return elements
  }

  private func countScores(of predictions: ClassPredictions, positive: Bool, in elements: inout [Int64]) {
    for (column, scale) in scoreScales.enumerated() {
      let bins = ScoreBins(scale, of: predictions.scale)
      for row in 0..<predictions.count {
        let isPositive = Int(predictions.labels[row]) == (predictions.columns == 1 ? 1 : column)
        guard isPositive == positive else { continue }
        let score = predictions.scores[row * predictions.columns + column]
        elements[column * ScoreBins.count + bins.bin(of: score)] += 1
      }
    }
  }

  /// Rounds each row's value, then adds.
  private func total(_ values: [Double], rows: Int, in sum: Sum) throws(EvaluationError) -> Int64 {
    precondition(values.count == rows, "each row has its \(sum.name)")
    let limit = sum.bound * sum.scale
    var total: Int64 = 0
    for (row, value) in values.enumerated() {
      guard value.isFinite else {
        throw EvaluationError(
          code: .notFinite, message: "the \(sum.name) of row \(row) is not a finite number", row: row)
      }
      // Checked row by row, a total of at most 2^50 plus a term of at most 2^50 cannot overflow.
      let term = (value * sum.scale).rounded(.toNearestOrEven)
      if term.magnitude <= limit { total += Int64(term) }
      guard term.magnitude <= limit, Double(total.magnitude) <= limit else {
        throw EvaluationError(
          code: .outOfRange,
          message: """
            the sum of \(sum.name) over \(rows) rows exceeds its bound of \(sum.bound); the model may have diverged
            """, row: row)
      }
    }
    return total
  }

  private func check(rows: Int) throws(EvaluationError) {
    guard rows <= rowCap else {
      throw EvaluationError(
        code: .rows, message: "\(rows) rows to evaluate exceed the agreed \(rowCap) for one participant")
    }
  }
}

extension EvaluationSums {
  /// In what unit the losses of a regression are summed: as the loss grows with the error.
  var lossUnit: Double {
    guard case .regression(let unit, let loss) = problem else { return 1 }
    return loss == .absoluteError ? unit.size : unit.size * unit.size
  }
}

extension EvaluationSums.TargetUnit {
  /// 2^exponent
  var size: Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
