import AtollNumerics
import Foundation
import Testing

@testable import AtollLearning

@Suite struct `Evaluation from sums` {
  static let metrics = Metric.classification.filter { $0 != .loss }

  static func sums(_ classes: Int, _ metrics: [Metric] = Self.metrics) throws -> EvaluationSums {
    try EvaluationSums(
      .classification(classes: classes, scale: .probability), metrics: metrics, rowCap: 1024, participants: 8)
  }

  @Test(arguments: try MetricVectors.load().binary + MetricVectors.load().multiclass)
  func `agrees with the exact figures`(_ vector: MetricVectors.Classes) throws {
    let predictions = try vector.predictions()
    let sums = try Self.sums(vector.classes)
    let totals = try sums.contribution(of: predictions)
    let federated = sums.evaluation(from: totals)
    let exact = predictions.evaluation(of: Self.metrics)
    #expect(federated.rows == exact.rows)
    for metric in [Metric.accuracy, .balancedAccuracy, .f1] {
      #expect(federated[metric] == exact[metric], "\(metric) follows from counts")
    }
    for metric in [Metric.logLoss, .calibrationError] {
      #expect(try #require(federated[metric]).isClose(to: exact[metric], within: 1e-8), "\(metric)")
    }
    let uncertainty = sums.classificationFigures(from: totals).aucUncertainty
    #expect((federated[.auc] == nil) == (exact[.auc] == nil))
    if let auc = federated[.auc] { #expect(auc.isClose(to: exact[.auc], within: try #require(uncertainty))) }
  }

  @Test(arguments: try MetricVectors.load().binary)
  func `ranks exactly as scores that were rounded to their bins`(_ vector: MetricVectors.Classes) throws {
    let standard = ScoreBins(.standard, of: .probability)
    let bins = vector.scores.map { Double(standard.bin(of: $0)) }
    let rounded = try ClassPredictions(bins, scale: .margin, labels: vector.labels, classes: 2)
    let sums = try Self.sums(2)
    let federated = sums.evaluation(from: try sums.contribution(of: try vector.predictions()))
    #expect(federated[.auc] == rounded.evaluation(of: [.auc])[.auc])
    #expect(federated[.averagePrecision] == rounded.evaluation(of: [.averagePrecision])[.averagePrecision])
  }

  @Test(arguments: try MetricVectors.load().binary + MetricVectors.load().multiclass)
  func `is the same however rows are spread`(_ vector: MetricVectors.Classes) throws {
    let sums = try Self.sums(vector.classes)
    let pooled = try sums.contribution(of: try vector.predictions())
    var total = sums.sums.map { RingVector(zeros: $0.count) }
    let columns = vector.scores.count / vector.labels.count
    for site in 0..<3 {
      let rows = vector.labels.indices.filter { $0 % 3 == site }
      let part = try ClassPredictions(
        rows.flatMap { vector.scores[$0 * columns..<($0 + 1) * columns] },
        labels: rows.map { vector.labels[$0] },
        classes: vector.classes)
      for (index, term) in try sums.contribution(of: part).enumerated() { total[index] += term }
    }
    #expect(total == pooled)
  }

  @Test(arguments: try MetricVectors.load().regression)
  func `of numbers agrees with the exact figures`(_ vector: MetricVectors.Values) throws {
    let predictions = try ValuePredictions(vector.predictions, targets: vector.targets)
    let losses = zip(vector.predictions, vector.targets).map { ($0 - $1) * ($0 - $1) }
    let range = try #require(vector.targets.min())...(try #require(vector.targets.max()))
    let sums = try EvaluationSums(
      .regression(unit: .init(covering: range), loss: .squaredError), metrics: Metric.regression, rowCap: 128,
      participants: 4)
    let federated = sums.evaluation(from: try sums.contribution(of: predictions, losses: losses))
    let exact = predictions.evaluation(of: Metric.regression, losses: losses)
    let size = max(1, range.upperBound.magnitude)
    for metric in [Metric.rmse, .mae] {
      #expect(try #require(federated[metric]).isClose(to: exact[metric], within: 1e-7 * size), "\(metric)")
    }
    #expect(try #require(federated[.loss]).isClose(to: exact[.loss], within: 1e-7 * size * size))
    #expect((federated[.r2] == nil) == (exact[.r2] == nil))
    if let r2 = federated[.r2] { #expect(r2.isClose(to: exact[.r2], within: 1e-6 * max(1, r2.magnitude))) }
  }

  @Test func `of a support vector machine ranks its margins`() throws {
    let svm = try ClassPredictions([-2, 0.5, 0.4, 3], scale: .margin, labels: [0, 0, 1, 1], classes: 2)
    let sums = try EvaluationSums(
      .classification(classes: 2, scale: .margin), metrics: [.auc, .accuracy], participants: 1)
    let evaluation = sums.evaluation(from: try sums.contribution(of: svm))
    #expect(evaluation.metrics == [.auc: 0.75, .accuracy: 0.75])
  }

  @Test func `asks for no more than its metrics need`() throws {
    func names(_ metrics: [Metric]) throws -> [String] { try Self.sums(3, metrics).sums.map(\.name) }
    #expect(try names([.accuracy]) == ["rows", "confusion"])
    #expect(try names([.auc]) == ["rows", "positives", "negatives"])
    #expect(try names([.logLoss, .loss]) == ["rows", "loss", "log-loss"])
    #expect(try Self.sums(3, [.auc]).sums.map(\.count) == [1, 3000, 3000])
    #expect(try Self.sums(2, [.auc]).sums.map(\.count) == [1, 1000, 1000])
  }

  @Test func `fits the fixed-point format, also carried as real numbers`() throws {
    let vector = try MetricVectors.load().binary[0]
    for (rowCap, participants) in [(1, 1), (1024, 8), (1 << 20, 1 << 20), (1 << 30, 1)] {
      let sums = try EvaluationSums(
        .classification(classes: 2, scale: .probability), metrics: Metric.classification,
        rowCap: rowCap, participants: participants)
      for sum in sums.sums {
        let format = try sum.format
        try format.proveNoOverflow(participants: participants)
      }
      guard rowCap >= 1024 else { continue }
      let terms = try sums.contribution(
        of: try vector.predictions(), losses: vector.scores.map { 1 - $0 })
      for (sum, term) in zip(sums.sums, terms) {
        let format = try sum.format
        #expect(try RingVector(sum.numbers(of: term), as: format) == term)
      }
    }
  }

  @Test func `asks the same when its question has travelled`() throws {
    let classes = try Self.sums(3)
    let numbers = try EvaluationSums(
      .regression(unit: .init(center: 0.1, exponent: -3), loss: .huber(delta: 1)), metrics: [.r2],
      participants: 3)
    for sums in [classes, numbers] {
      #expect(try JSONDecoder().decode(EvaluationSums.self, from: JSONEncoder().encode(sums)) == sums)
    }
    let hostile = String(decoding: try JSONEncoder().encode(classes), as: UTF8.self)
      .replacing(#""rowCap":1024"#, with: #""rowCap":-1"#)
    #expect(throws: EvaluationError.self) {
      try JSONDecoder().decode(EvaluationSums.self, from: Data(hostile.utf8))
    }
  }

  @Test func `is refused where sums could overflow`() {
    #expect(throws: EvaluationError.self) {
      try EvaluationSums(
        .classification(classes: 2, scale: .probability), metrics: [.loss], rowCap: 1 << 33, participants: 1)
    }
    #expect(throws: EvaluationError.self) {
      try EvaluationSums(
        .classification(classes: 2, scale: .probability), metrics: [.loss], rowCap: 1 << 20,
        participants: 1 << 25)
    }
  }

  @Test func `is refused for metrics of another kind`() {
    func code(_ problem: EvaluationSums.Problem, _ metric: Metric) -> EvaluationError.Code? {
      let error = #expect(throws: EvaluationError.self) {
        try EvaluationSums(problem, metrics: [metric], participants: 1)
      }
      return error?.code
    }
    #expect(code(.classification(classes: 2, scale: .margin), .logLoss) == .metric)
    #expect(code(.classification(classes: 2, scale: .probability), .r2) == .metric)
    #expect(code(.classification(classes: 1, scale: .probability), .auc) == .metric)
    #expect(code(.regression(unit: .init(), loss: .squaredError), .auc) == .metric)
    #expect(code(.regression(unit: .init(center: .nan), loss: .squaredError), .mae) == .outOfRange)
    #expect(code(.regression(unit: .init(exponent: 5000), loss: .squaredError), .mae) == .outOfRange)
  }

  @Test func `refuses more rows than agreed, and sums beyond their bounds`() throws {
    let sums = try EvaluationSums(
      .classification(classes: 2, scale: .probability), metrics: [.loss], rowCap: 2, participants: 1)
    let two = try ClassPredictions([0.5, 0.5], labels: [0, 1], classes: 2)
    let three = try ClassPredictions([0.5, 0.5, 0.5], labels: [0, 1, 1], classes: 2)
    func code(_ predictions: ClassPredictions, _ losses: [Double]) -> EvaluationError.Code? {
      let error = #expect(throws: EvaluationError.self) {
        try sums.contribution(of: predictions, losses: losses)
      }
      return error?.code
    }
    #expect(code(three, [1, 1, 1]) == .rows)
    #expect(code(two, [1, .nan]) == .notFinite)
    #expect(code(two, [1, 1e300]) == .outOfRange)
    #expect(code(two, [2000, 49]) == .outOfRange)
    let edge = try sums.contribution(of: two, losses: [2000, 48])
    #expect(sums.evaluation(from: edge)[.loss] == 1024)
  }

  @Test func `covers an interval by a power of two`() {
    let unit = EvaluationSums.TargetUnit(covering: 30...50)
    #expect(unit.center == 40 && unit.exponent == 4)
    #expect(EvaluationSums.TargetUnit(covering: -8...8).exponent == 3)
    #expect(EvaluationSums.TargetUnit(covering: 5...5).exponent == 0)
    #expect(EvaluationSums.TargetUnit(covering: -1e308...1e308).exponent == 1024)
  }
}

extension Double {
  fileprivate func isClose(to other: Double?, within tolerance: Double) -> Bool {
    guard let other else { return false }
    return (self - other).magnitude <= tolerance
  }
}
