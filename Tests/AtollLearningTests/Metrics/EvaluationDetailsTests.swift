import AtollNumerics
import Foundation
import Testing

@testable import AtollLearning

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

  @Test func `give nearly the exact standard errors of RMSE and R²`() throws {
    var coins = RandomStream(seed: 12, purpose: .partition)
    let targets = (0..<500).map { _ in Double(coins.below(2000)) / 100 - 10 }
    let predictions = try ValuePredictions([Double](repeating: 0.3, count: 500), targets: targets)
    let sums = try EvaluationSums(
      .regression(unit: .init(covering: -10...10), loss: .squaredError), metrics: [.rmse, .r2],
      participants: 1, details: true)
    let federated = sums.evaluation(from: try sums.contribution(of: predictions))
    var exact = predictions.figures()
    exact.fourthPowers = targets.reduce(0) { sum, target in
      let square = (target - 0.3) * (target - 0.3)
      return sum + square * square
    }
    for metric in [Metric.rmse, .r2] {
      let one = try #require(federated.standardErrors[metric])
      let other = try #require(exact.standardError(of: metric))
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
    #expect(evaluation.brief == Evaluation(rows: 10, metrics: [.auc: 0.5], standardErrors: [.auc: 0.1]))
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
