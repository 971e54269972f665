import AtollNumerics
import Testing

@testable import AtollLearning

@Suite struct StandardErrorTests {
  private func error(of metric: Metric, in evaluation: Evaluation) throws -> Double {
    try #require(evaluation.standardErrors[metric])
  }

  @Test func `of an AUC is that of the paper's example`() {
    // Hanley & McNeil 1982, page 32: 0.893 of 51 abnormal and 58 normal cases has the standard error 0.032.
    let error = Ranking.standardError(ofAUC: 0.893, positives: 51, negatives: 58)
    #expect(abs(error - 0.0325) < 0.0001)
  }

  @Test(arguments: [(3, 5), (20, 20), (1, 400)])
  func `of a ranking by chance is that of the rank sum test`(positives: Int, negatives: Int) {
    // Mann & Whitney 1947: the variance of U / (n·m) is (n + m + 1) / (12·n·m).
    let error = Ranking.standardError(ofAUC: 0.5, positives: positives, negatives: negatives)
    let exact = Double(positives + negatives + 1) / Double(12 * positives * negatives)
    #expect(abs(error * error - exact) < 1e-12)
  }

  @Test func `of a perfect figure shrinks with the rows, and is never nothing`() throws {
    let ranking = Ranking(scores: [0.1, 0.2, 0.8, 0.9], isPositive: [false, false, true, true])
    // As of 4.5 of 5 pairs.
    let told = Ranking.standardError(ofAUC: 0.9, positives: 2, negatives: 2)
    #expect(ranking.auc == 1 && ranking.aucStandardError == told && told > 0.15)
    func perfect(_ rows: Int) throws -> Double {
      let labels = (0..<rows).map { Int32($0 % 2) }
      let predictions = try ClassPredictions(labels.map { Double($0) }, labels: labels, classes: 2)
      return try error(of: .accuracy, in: predictions.evaluation(of: [.accuracy]))
    }
    // Of 8 rows as 9 of 10.
    #expect(abs(try perfect(8) - (0.9 * 0.1 / 10).squareRoot()) < 1e-12)
    #expect(try perfect(8_000) < 0.001)
    #expect(Ranking(scores: [0.1], isPositive: [true]).aucStandardError == nil)
  }

  @Test func `says by how much a figure of other rows differs`() throws {
    // 4,000 draws of 40 and 60 normal scores, one deviation apart: the figures' own deviation.
    var coins = RandomStream(seed: 11, purpose: .partition)
    var figures: [Double] = []
    var told = 0.0
    for _ in 0..<4_000 {
      let isPositive = (0..<100).map { $0 < 40 }
      let scores = isPositive.map { positive in
        (0..<12).reduce(positive ? 1.0 : 0) { sum, _ in sum + coins.uniform() - 0.5 }
      }
      let ranking = Ranking(scores: scores, isPositive: isPositive)
      figures.append(try #require(ranking.auc))
      told += try #require(ranking.aucStandardError) / 4_000
    }
    let mean = figures.reduce(0, +) / 4_000
    let deviation = (figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3_999).squareRoot()
    // With the exponential distribution's Q₁ and Q₂ it errs on the safe side.
    #expect((1..<1.07).contains(told / deviation), "\(told) \(deviation)")
  }

  @Test func `follows from sums as it does from rows, with the rows of class 1`() throws {
    let predictions = try ClassPredictions(
      [0.9, 0.2, 0.7, 0.4, 0.6, 0.1], labels: [1, 0, 1, 1, 0, 0], classes: 2)
    let metrics: [Metric] = [.accuracy, .balancedAccuracy, .auc, .f1]
    let direct = predictions.evaluation(of: metrics)
    let sums = try EvaluationSums(
      .classification(classes: 2, scale: .probability), metrics: metrics, participants: 1)
    let summed = sums.evaluation(from: try sums.contribution(of: predictions))
    #expect(summed == direct)
    #expect(direct.positives == 3)
    // 4 of 6 rows, as 5 of 8; recalls of 2/3 and 2/3, as 3 of 5.
    #expect(abs(try error(of: .accuracy, in: direct) - (15.0 / 64 / 8).squareRoot()) < 1e-12)
    #expect(
      abs(try error(of: .balancedAccuracy, in: direct) - (6.0 / 25 / 5 * 2).squareRoot() / 2) < 1e-12)
    #expect(direct.standardErrors[.auc] != nil && direct.standardErrors[.f1] == nil)
  }

  @Test func `of a mean absolute error needs the squares too, and none is told of their root`() throws {
    let predictions = try ValuePredictions([1, 2, 3, 7], targets: [1, 1, 5, 4])
    // Errors 0, 1, 2, 3: mean 1.5, mean square 3.5.
    let both = predictions.evaluation(of: [.mae, .rmse])
    #expect(abs(try error(of: .mae, in: both) - (1.25 / 4.0).squareRoot()) < 1e-12)
    #expect(both.standardErrors[.rmse] == nil)
    let sums = try EvaluationSums(
      .regression(unit: .init(), loss: .squaredError), metrics: [.mae], participants: 1)
    let alone = sums.evaluation(from: try sums.contribution(of: predictions))
    #expect(alone[.mae] == 1.5 && alone.standardErrors.isEmpty)
  }

  @Test func `of a mean over sites is that of independent figures`() throws {
    let sites = [(0.9, 0.03), (0.7, 0.04)].map { value, error in
      Evaluation(rows: 10, positives: 4, metrics: [.auc: value], standardErrors: [.auc: error])
    }
    let mean = Evaluation.mean(of: sites)
    #expect(abs(try error(of: .auc, in: mean) - 0.025) < 1e-12)
    let silent = sites + [Evaluation(rows: 10, metrics: [.auc: 0.8])]
    #expect(Evaluation.mean(of: silent).standardErrors.isEmpty)
    #expect(Evaluation.worst(of: sites) == Evaluation(rows: 20, metrics: [.auc: 0.7]))
  }
}
