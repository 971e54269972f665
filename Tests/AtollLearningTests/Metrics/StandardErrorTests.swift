import AtollNumerics
import Foundation
import Testing

@testable import AtollLearning

@Suite struct `Standard errors` {
  private func close(_ value: Double?, to wanted: Double, within tolerance: Double = 1e-6) -> Bool {
    value.map { ($0 - wanted).magnitude <= tolerance } ?? false
  }

  @Test func `of AUC are DeLong's`() throws {
    // By hand: placements of the positives 1, 3/4, 3/4, of the negatives 1/3, 1, 1, 1; 0.0208333/3 + 0.1111111/4.
    let predictions = try ClassPredictions(
      [0.8, 0.6, 0.4, 0.7, 0.3, 0.2, 0.1], labels: [1, 1, 1, 0, 0, 0, 0], classes: 2)
    let evaluation = predictions.evaluation(of: [.auc])
    #expect(close(evaluation[.auc], to: 2.5 / 3))
    #expect(close(evaluation.standardErrors[.auc], to: 0.186339))
  }

  @Test func `do not vanish where few rows are all right`() throws {
    let perfect = try ClassPredictions([0.9, 0.8, 0.2, 0.1], labels: [1, 1, 0, 0], classes: 2)
    let evaluation = perfect.evaluation(of: [.auc, .accuracy, .balancedAccuracy, .f1])
    for metric in [Metric.auc, .accuracy, .balancedAccuracy, .f1] {
      #expect(evaluation[metric] == 1)
      #expect(try #require(evaluation.standardErrors[metric]) > 0.1, "\(metric)")
    }
  }

  @Test func `of shares are those of Agresti and Caffo`() {
    var figures = ClassificationFigures(rows: 10)
    figures.confusion = ConfusionMatrix(classes: 2, counts: [6, 0, 1, 3])
    // (9 + 1) / (10 + 2)
    #expect(close(figures.standardError(of: .accuracy), to: (10.0 / 12 * 2 / 12 / 12).squareRoot()))
    let (first, second) = (7.0 / 8 * 1 / 8 / 8, 4.0 / 6 * 2 / 6 / 6)
    #expect(close(figures.standardError(of: .balancedAccuracy), to: (first + second).squareRoot() / 2))
  }

  @Test func `of F1 follow from the counts`() {
    var figures = ClassificationFigures(rows: 20)
    figures.confusion = ConfusionMatrix(classes: 2, counts: [9, 2, 1, 8])
    #expect(close(figures.standardError(of: .f1), to: 0.090017, within: 1e-5))
  }

  @Test func `of predicted numbers follow from the spread of their errors`() throws {
    let predictions = try ValuePredictions([0, 0, 0, 0], targets: [1, -1, 2, -2])
    let evaluation = predictions.evaluation(of: [.rmse, .mae, .r2])
    // Squares 1, 1, 4, 4: mean 2.5, deviation 1.5, of the mean 0.75.
    #expect(close(evaluation.standardErrors[.rmse], to: 0.75 / (2 * 2.5.squareRoot())))
    #expect(close(evaluation.standardErrors[.mae], to: (2.5 - 2.25).squareRoot() / 2))
    #expect(close(evaluation.standardErrors[.r2], to: 0.75 * 4 / 10))
  }

  @Test func `are unknown where nothing tells them`() throws {
    let predictions = try ClassPredictions([0.8, 0.2, 0.6], labels: [1, 0, 0], classes: 2)
    let evaluation = predictions.evaluation(of: Metric.classification, losses: [0.1, 0.2, 0.3])
    for metric in [Metric.loss, .logLoss, .averagePrecision, .calibrationError] {
      #expect(evaluation[metric] != nil && evaluation.standardErrors[metric] == nil, "\(metric)")
    }
    #expect(try ValuePredictions([], targets: []).evaluation(of: [.rmse]).standardErrors.isEmpty)
  }

  @Test func `hold 95 of 100 times`() throws {
    // Accuracy of 0.9 and AUC of two normal scores, over many draws of 60 rows.
    var coins = RandomStream(seed: 95, purpose: .partition)
    var (inside, insideAUC) = (0, 0)
    let draws = 400
    for _ in 0..<draws {
      var (scores, labels) = ([Double](), [Int32]())
      for row in 0..<60 {
        let label = Int32(row % 2)
        // Sums of uniform numbers are nearly normal; the means lie one deviation apart.
        let noise =
          (0..<12).reduce(0.0) { sum, _ in sum + Double(coins.below(1 << 20)) / Double(1 << 20) } - 6
        scores.append(noise + Double(label))
        labels.append(label)
      }
      let evaluation = try ClassPredictions(
        scores.map { $0 - 0.5 }, scale: .margin, labels: labels, classes: 2
      )
      .evaluation(of: [.auc, .accuracy])
      // Φ(1/√2) and Φ(1/2).
      let auc = try #require(evaluation[.auc]), accuracy = try #require(evaluation[.accuracy])
      insideAUC += (auc - 0.7602).magnitude <= 1.96 * (evaluation.standardErrors[.auc] ?? 0) ? 1 : 0
      inside += (accuracy - 0.6915).magnitude <= 1.96 * (evaluation.standardErrors[.accuracy] ?? 0) ? 1 : 0
    }
    #expect((0.91...0.99).contains(Double(insideAUC) / Double(draws)), "\(insideAUC)")
    #expect((0.91...0.99).contains(Double(inside) / Double(draws)), "\(inside)")
  }
}

@Suite struct `Details of an evaluation` {
  @Test func `are counted where they are asked for, and equal exact counts`() throws {
    let vector = try #require(try MetricVectors.load().binary.first)
    let predictions = try vector.predictions()
    func sums(_ details: Bool) throws -> EvaluationSums {
      try EvaluationSums(
        .classification(classes: 2, scale: .probability), metrics: [.auc], participants: 2, details: details)
    }
    let brief = try sums(false)
    #expect(brief.evaluation(from: try brief.contribution(of: predictions)).details == nil)
    let full = try sums(true)
    let evaluation = full.evaluation(from: try full.contribution(of: predictions))
    #expect(evaluation.details?.confusion == ConfusionMatrix(of: predictions))
    #expect(
      evaluation.details?.calibration?.bins.map(\.rows) == Calibration(of: predictions).bins.map(\.rows))
    #expect(evaluation.metrics.keys.sorted { $0.rawValue < $1.rawValue } == [.auc])
  }

  @Test func `of numbers are residuals in equal bins`() throws {
    let sums = try EvaluationSums(
      .regression(unit: .init(center: 0, exponent: 3), loss: .squaredError), metrics: [.mae], participants: 1,
      details: true)
    // The unit is 8, a bin an eighth: 0.125.
    let predictions = try ValuePredictions([0, 0, 0, 0, 0], targets: [0, 0.13, -0.01, 1000, -1000])
    let evaluation = sums.evaluation(from: try sums.contribution(of: predictions))
    let residuals = try #require(evaluation.details?.residuals)
    let middle = ResidualHistogram.binCount / 2
    #expect(residuals.width == 0.125 && residuals.rows == 5)
    #expect(
      residuals.counts[middle + 1] == 1 && residuals.counts[middle + 2] == 1 && residuals.counts[middle] == 1)
    #expect(residuals.counts.first == 1 && residuals.counts.last == 1)
    #expect(residuals.range(of: middle + 1) == 0..<0.125)
  }

  @Test func `give nearly the exact standard error of RMSE`() throws {
    var coins = RandomStream(seed: 12, purpose: .partition)
    let targets = (0..<500).map { _ in Double(coins.below(2000)) / 100 - 10 }
    let predictions = try ValuePredictions([Double](repeating: 0.3, count: 500), targets: targets)
    let sums = try EvaluationSums(
      .regression(unit: .init(covering: -10...10), loss: .squaredError), metrics: [.rmse, .r2],
      participants: 1,
      details: true)
    let federated = sums.evaluation(from: try sums.contribution(of: predictions))
    let exact = predictions.evaluation(of: [.rmse, .r2])
    for metric in [Metric.rmse, .r2] {
      let (one, other) = (
        try #require(federated.standardErrors[metric]), try #require(exact.standardErrors[metric])
      )
      #expect((one / other - 1).magnitude < 0.01, "\(metric)")
    }
  }

  @Test func `come back as they were written, and broken ones are refused`() throws {
    var counts = [Int](repeating: 0, count: ResidualHistogram.binCount + 2)
    counts[7] = 3
    let details = EvaluationDetails(
      confusion: ConfusionMatrix(classes: 2, counts: [1, 2, 3, 4]),
      calibration: Calibration(bins: (0..<10).map { .init(rows: 3, hits: $0 % 3, confidence: 1.5) }),
      residuals: ResidualHistogram(width: 0.5, counts: counts))
    let evaluation = Evaluation(
      rows: 10, metrics: [.auc: 0.5], standardErrors: [.auc: 0.1], details: details)
    let json = try JSONEncoder().encode(evaluation)
    #expect(try JSONDecoder().decode(Evaluation.self, from: json) == evaluation)
    #expect(evaluation.brief == Evaluation(rows: 10, metrics: [.auc: 0.5]))
    for text in [
      #"{"confusion":[[1,2],[3]]}"#, #"{"confusion":[[-1]]}"#,
      #"{"calibration":[{"rows":1,"hits":0,"confidence":0.5}]}"#,
      #"{"residuals":{"width":1,"counts":[1,2,3]}}"#,
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(EvaluationDetails.self, from: Data(text.utf8))
      }
    }
  }
}
