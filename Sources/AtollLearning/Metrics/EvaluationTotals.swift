public import AtollNumerics

/// What follows from the totals.
extension EvaluationSums {
  /// The metrics over all rows of all participants, with their details where those are summed.
  ///
  /// - Precondition: `totals` has the shape of ``sums``.
  public func evaluation(from totals: [RingVector]) -> Evaluation {
    switch problem {
    case .classification: classificationFigures(from: totals).evaluation(of: metrics, detailed: details)
    case .regression: regressionFigures(from: totals).evaluation(of: metrics, detailed: details)
    }
  }

  /// Confusion matrix, calibration and all else that was counted.
  ///
  /// - Precondition: `totals` has the shape of ``sums``, and the problem is a classification.
  public func classificationFigures(from totals: [RingVector]) -> ClassificationFigures {
    guard case .classification(let classes, _) = problem else { preconditionFailure("no sums of classes") }
    let totals = Totals(sums: sums, vectors: totals)
    var figures = ClassificationFigures(rows: totals.counts(.rows)?[0] ?? 0)
    figures.loss = totals.reals(.loss)?[0]
    figures.logLoss = totals.reals(.logLoss)?[0]
    figures.confusion = totals.counts(.confusion).map { ConfusionMatrix(classes: classes, counts: $0) }
    if let positives = totals.counts(.positives), let negatives = totals.counts(.negatives) {
      figures.rankings = stride(from: 0, to: positives.count, by: ScoreBins.count).map { first in
        Ranking(
          groups: (first..<first + ScoreBins.count).map {
            Ranking.Group(positives: positives[$0], negatives: negatives[$0])
          })
      }
    }
    if let rows = totals.counts(.calibrationRows), let hits = totals.counts(.calibrationHits),
      let confidence = totals.reals(.calibrationConfidence)
    {
      figures.calibration = Calibration(
        bins: rows.indices.map {
          Calibration.Bin(rows: rows[$0], hits: hits[$0], confidence: confidence[$0])
        })
    }
    return figures
  }

  /// Sums of errors in the unit of the target.
  ///
  /// - Precondition: `totals` has the shape of ``sums``, and the problem is a regression.
  public func regressionFigures(from totals: [RingVector]) -> RegressionFigures {
    guard case .regression(let unit, _) = problem else { preconditionFailure("no sums of numbers") }
    let totals = Totals(sums: sums, vectors: totals)
    let rows = totals.counts(.rows)?[0] ?? 0
    var figures = RegressionFigures(rows: rows)
    figures.loss = totals.reals(.loss).map { $0[0] * lossUnit }
    figures.absoluteError = totals.reals(.absoluteError).map { $0[0] * unit.size }
    figures.squaredError = totals.reals(.squaredError).map { $0[0] * unit.size * unit.size }
    if let target = totals.reals(.target)?[0], let squared = totals.reals(.targetSquared)?[0], rows > 0 {
      let spread = squared - target / Double(rows) * target
      // A smaller spread cannot be told from rounding: the target is constant as far as the sums know.
      let resolution = Double(rows) * totals.resolution(.targetSquared)
      figures.spread = spread > resolution ? spread * unit.size * unit.size : 0
    }
    if let counts = totals.counts(.residuals) {
      let residuals = ResidualHistogram(width: unit.size / ResidualHistogram.binsPerUnit, counts: counts)
      figures.residuals = residuals
      figures.fourthPowers = figures.squaredError.map { residuals.fourthPowers(squares: $0) }
    }
    return figures
  }
}

private struct Totals {
  let sums: [EvaluationSums.Sum]
  let vectors: [RingVector]

  init(sums: [EvaluationSums.Sum], vectors: [RingVector]) {
    precondition(
      sums.map(\.count) == vectors.map(\.elements.count), "totals have the shape of the sums")
    self.sums = sums
    self.vectors = vectors
  }

  func counts(_ name: EvaluationSums.Name) -> [Int]? {
    index(of: name).map { vectors[$0].elements.map(Int.init) }
  }

  func reals(_ name: EvaluationSums.Name) -> [Double]? {
    index(of: name).map { index in vectors[index].elements.map { Double($0) / sums[index].scale } }
  }

  func resolution(_ name: EvaluationSums.Name) -> Double {
    index(of: name).map { 1 / sums[$0].scale } ?? 0
  }

  private func index(of name: EvaluationSums.Name) -> Int? { sums.firstIndex { $0.name == name.rawValue } }
}
