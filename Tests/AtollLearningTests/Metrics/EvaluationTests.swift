import AtollLearning
import Foundation
import Testing

@Suite struct `An evaluation` {
  @Test func `of no rows is undefined, not NaN`() throws {
    let classes = try ClassPredictions([], labels: [], classes: 2)
    #expect(classes.evaluation(of: Metric.classification, losses: []).metrics.isEmpty)
    let values = try ValuePredictions([], targets: [])
    #expect(values.evaluation(of: Metric.regression).metrics.isEmpty)
  }

  @Test func `is written with the names of the task file`() throws {
    let evaluation = Evaluation(rows: 3, metrics: [.balancedAccuracy: 0.5, .auc: 1])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(evaluation), as: UTF8.self)
    #expect(json == #"{"metrics":{"auc":1,"balanced-accuracy":0.5},"rows":3}"#)
    #expect(try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8)) == evaluation)
  }

  @Test func `has the mean of the losses`() throws {
    let predictions = try ClassPredictions([0.2, 0.9], labels: [0, 1], classes: 2)
    #expect(predictions.evaluation(of: [.loss], losses: [0.25, 0.75])[.loss] == 0.5)
  }

  @Test func `knows worst and best by the metric's direction`() {
    let sites = [
      Evaluation(rows: 10, metrics: [.auc: 0.5, .loss: 1]),
      Evaluation(rows: 20, metrics: [.auc: 0.75, .loss: 2]),
      Evaluation(rows: 5, metrics: [.loss: 6]),
    ]
    #expect(Evaluation.worst(of: sites) == Evaluation(rows: 35, metrics: [.auc: 0.5, .loss: 6]))
    #expect(Evaluation.best(of: sites) == Evaluation(rows: 35, metrics: [.auc: 0.75, .loss: 1]))
    #expect(Evaluation.mean(of: sites) == Evaluation(rows: 35, metrics: [.auc: 0.625, .loss: 3]))
  }

  @Test func `gives margins all but the metrics of probabilities`() throws {
    let svm = try ClassPredictions([-2, 0.5, 0, 3], scale: .margin, labels: [0, 1, 1, 1], classes: 2)
    let evaluation = svm.evaluation(of: Metric.classification, losses: [0, 0, 0, 0])
    #expect(evaluation[.accuracy] == 0.75, "a margin of 0 is class 0")
    #expect(evaluation[.auc] == 1)
    #expect(evaluation[.logLoss] == nil && evaluation[.calibrationError] == nil)
  }
}

@Suite struct `Predictions that make no sense` {
  @Test func `are refused with the row`() {
    func error(_ scores: [Double], _ labels: [Int32], _ classes: Int) -> EvaluationError? {
      #expect(throws: EvaluationError.self) { try ClassPredictions(scores, labels: labels, classes: classes) }
    }
    let diverged = error([0.5, .nan], [0, 1], 2)
    #expect(diverged?.code == .notFinite && diverged?.row == 1)
    #expect(error([0.5, .infinity], [0, 1], 2)?.code == .notFinite)
    #expect(error([0.1, 0.2, 0.7, 0, 1.5, 0], [0, 1], 3)?.code == .outOfRange)
    #expect(error([0.1, 0.2, 0.7, 0, 1.5, 0], [0, 1], 3)?.row == 1)
    #expect(error([-0.1], [0], 2)?.code == .outOfRange)
    #expect(error([0.5], [2], 2)?.code == .label)
    #expect(error([0.5], [-1], 2)?.code == .label)
    #expect(error([0.5, 0.5, 0.5], [0, 1], 2)?.code == .rows)
    #expect(error([0.5], [0, 1], 3)?.code == .rows)
  }

  @Test func `are refused for numbers too`() {
    func error(_ predictions: [Double], _ targets: [Double]) -> EvaluationError? {
      #expect(throws: EvaluationError.self) { try ValuePredictions(predictions, targets: targets) }
    }
    #expect(error([1, .nan], [1, 2])?.message == "the prediction of row 1 is not a finite number")
    #expect(error([1, 2], [1, .infinity])?.message == "the target of row 1 is not a finite number")
    #expect(error([1], [1, 2])?.code == .rows)
  }
}
