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

  @Test func `of a perfect ranking is nothing`() {
    let ranking = Ranking(scores: [0.1, 0.2, 0.8, 0.9], isPositive: [false, false, true, true])
    #expect(ranking.auc == 1 && ranking.aucStandardError == 0)
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
    #expect(abs(told / deviation - 1) < 0.06, "\(told) \(deviation)")
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
    // 4 of 6 rows; recalls of 2/3 and 2/3.
    #expect(abs(try error(of: .accuracy, in: direct) - (2.0 / 9 / 6).squareRoot()) < 1e-12)
    #expect(
      abs(try error(of: .balancedAccuracy, in: direct) - (2.0 / 9 / 3 * 2).squareRoot() / 2) < 1e-12)
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
