import AtollNumerics
import Foundation
import Testing

@testable import AtollLearning

@Suite struct `Bins of scores` {
  /// A classifier of rows whose logit is normal; a row is positive with the probability of logit base + slope·n, n being the same normal number.
  static func predictions(
    _ seed: UInt64, rows: Int, center: Double, spread: Double, slope: Double, base: Double
  ) throws -> ClassPredictions {
    var stream = RandomStream(seed: seed, purpose: .sample)
    var scores: [Double] = []
    var labels: [Int32] = []
    for _ in 0..<rows {
      let normal = stream.normal()
      scores.append(1 / (1 + Elementary.exp(-(center + spread * normal))))
      labels.append(stream.uniform() < 1 / (1 + Elementary.exp(-(base + slope * normal))) ? 1 : 0)
    }
    return try ClassPredictions(scores, labels: labels, classes: 2)
  }

  private func ranking(_ predictions: ClassPredictions, _ bin: (Double) -> Int) -> Ranking {
    Ranking(
      scores: predictions.scores.map { Double(bin($0)) }, isPositive: predictions.labels.map { $0 == 1 })
  }

  private static let standard = ScoreBins(.standard, of: .probability)

  @Test func `have 999 borders that ascend, mirrored about one half`() {
    let margins = Self.standard.margins
    #expect(margins.count == 999 && margins[499] == 0)
    #expect(zip(margins, margins.dropFirst()).allSatisfy { $0 < $1 })
    #expect((0..<999).allSatisfy { margins[$0] == -margins[998 - $0] })
  }

  @Test func `hold all probabilities and margins`() {
    let least = Double.leastNonzeroMagnitude
    for (score, bin) in [(0, 0), (least, 0), (0.5.nextDown, 499), (0.5, 500), (1.0.nextDown, 999), (1, 999)] {
      #expect(Self.standard.bin(of: score) == bin)
    }
    let margins = ScoreBins(.standard, of: .margin)
    for (score, bin) in [(-1e300, 0), (-least, 499), (0, 500), (1e300, 999)] {
      #expect(margins.bin(of: score) == bin)
    }
    for (index, border) in margins.margins.enumerated() {
      #expect(margins.bin(of: border) == index + 1 && margins.bin(of: border.nextDown) == index)
    }
  }

  /// Score distributions as they occur, skewed ones among them; 20,000 rows each.
  @Test(arguments: [
    // name, logit's centre, its spread, slope of the truth, logit of the base rate
    ("a trained model, balanced classes", 0, 1.5, 1.5, 0),
    ("a trained model, one in ten positive", -2.2, 1.5, 1.5, -2.2),
    ("a rare class, two in a thousand", -7, 1.5, 1.5, -7),
    ("an overconfident model", 0, 6, 1.5, 0),
    ("a model after its first steps", -0.02, 0.02, 1.5, -1),
  ])
  func `keep the AUC to a thousandth`(
    _ name: String, center: Double, spread: Double, slope: Double, base: Double
  ) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let predictions = try Self.predictions(
        seed, rows: 20_000, center: center, spread: spread, slope: slope, base: base)
      let exact = try #require(predictions.evaluation(of: [.auc])[.auc])
      let binned = ranking(predictions) { Self.standard.bin(of: $0) }
      let auc = try #require(binned.auc)
      #expect((auc - exact).magnitude < 1e-3, "\(name): \(auc - exact)")
      #expect((auc - exact).magnitude <= (try #require(binned.aucUncertainty)))
    }
  }

  /// What the scale is for: a thousand equal bins of the probability fail with a rare class, equal bins of the logit
  /// with a young model.
  @Test func `are better than equal ones`() throws {
    let rare = try Self.predictions(1, rows: 20_000, center: -8, spread: 1.5, slope: 1.5, base: -5)
    let equal = try #require(ranking(rare) { min(Int($0 * 1000), 999) }.auc)
    #expect((equal - (try #require(rare.evaluation(of: [.auc])[.auc]))).magnitude > 5e-3)

    let young = try Self.predictions(1, rows: 20_000, center: -0.02, spread: 0.02, slope: 1.5, base: -1)
    let logit = try #require(ranking(young) { Int((Elementary.log($0 / (1 - $0)) + 16) / 0.032) }.auc)
    #expect((logit - (try #require(young.evaluation(of: [.auc])[.auc]))).magnitude > 5e-3)
  }

  @Test func `do not pretend to tell scores apart that share a bin`() throws {
    let flat = try Self.predictions(1, rows: 2000, center: -2, spread: 1e-5, slope: 1.5, base: -2)
    let binned = ranking(flat) { Self.standard.bin(of: $0) }
    #expect(try #require(binned.aucUncertainty) > 0.2)
  }

  @Test func `are moved by a first evaluation to where scores crowd`() throws {
    // A rare class and a young model: all probabilities near 0.05, the AUC wrong by far in the standard bins.
    let predictions = try Self.predictions(5, rows: 20_000, center: -3, spread: 0.01, slope: 1, base: -5)
    var sums = try EvaluationSums(
      .classification(classes: 2, scale: .probability), metrics: [.auc, .averagePrecision], participants: 4)
    let exact = predictions.evaluation(of: sums.metrics)
    func off(_ metric: Metric) throws -> Double {
      let found = sums.evaluation(from: try sums.contribution(of: predictions))[metric]
      return (try #require(found) - (try #require(exact[metric]))).magnitude
    }
    #expect(try off(.auc) > 1e-2)
    sums = sums.refined(by: try sums.contribution(of: predictions))
    sums = sums.refined(by: try sums.contribution(of: predictions))
    #expect(try off(.auc) < 1e-4)
    #expect(try off(.averagePrecision) < 3e-3)
    let scale = sums.scoreScales[0]
    #expect((scale.center + 3).magnitude < 0.01 && scale.sharpness < 0.01)
    #expect(try JSONDecoder().decode(EvaluationSums.self, from: JSONEncoder().encode(sums)) == sums)
  }

  @Test func `stay where they are without scores, and with numbers`() throws {
    let empty = try ClassPredictions([], labels: [], classes: 3)
    let sums = try EvaluationSums(
      .classification(classes: 3, scale: .probability), metrics: [.auc], participants: 1)
    #expect(sums.refined(by: try sums.contribution(of: empty)) == sums)
    let numbers = try EvaluationSums(
      .regression(unit: .init(), loss: .squaredError), metrics: [.mae], participants: 1)
    let none = try ValuePredictions([], targets: [])
    #expect(numbers.refined(by: try numbers.contribution(of: none)) == numbers)
  }

  @Test func `of one value in all rows are refined without end, and keep within limits`() throws {
    let flat = try ClassPredictions(
      [Double](repeating: 1e-12, count: 50), labels: (0..<50).map { $0 % 2 }, classes: 2)
    var sums = try EvaluationSums(
      .classification(classes: 2, scale: .probability), metrics: [.auc], participants: 1)
    for _ in 0..<20 { sums = sums.refined(by: try sums.contribution(of: flat)) }
    #expect(sums.evaluation(from: try sums.contribution(of: flat))[.auc] == 0.5)
    #expect(sums.scoreScales[0].sharpness >= 1e-6 && sums.scoreScales[0].center.magnitude <= 32)
  }
}
