import AtollLearning
import Foundation
import Testing

/// Tests/Vectors/metrics.json, made with scikit-learn 1.9.1 by metrics.py beside it.
struct MetricVectors: Decodable {
  struct Classes: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var classes: Int
    var labels: [Int32]
    var scores: [Double]
    var confusion: [Int]
    var metrics: [Metric: Double?]

    var testDescription: String { name }

    func predictions() throws -> ClassPredictions {
      try ClassPredictions(scores, labels: labels, classes: classes)
    }
  }

  struct Values: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var targets: [Double]
    var predictions: [Double]
    var metrics: [Metric: Double?]

    var testDescription: String { name }
  }

  var binary: [Classes]
  var multiclass: [Classes]
  var regression: [Values]

  static func load() throws -> MetricVectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Vectors/metrics.json")
    return try JSONDecoder().decode(MetricVectors.self, from: Data(contentsOf: file))
  }
}

/// Whether both are undefined, or differ by at most 10⁻¹² (relatively, above 1).
func agree(_ value: Double?, _ expected: Double?) -> Bool {
  guard let value, let expected else { return value == nil && expected == nil }
  return (value - expected).magnitude <= 1e-12 * max(1, expected.magnitude)
}

@Suite struct `Metrics against scikit-learn` {
  @Test func `the vectors hold what the tests need`() throws {
    let vectors = try MetricVectors.load()
    #expect(vectors.binary.count == 13 && vectors.multiclass.count == 3 && vectors.regression.count == 6)
    for classes in vectors.binary + vectors.multiclass {
      #expect(Set(classes.metrics.keys) == Set(Metric.classification).subtracting([.loss]))
    }
  }

  @Test(arguments: try MetricVectors.load().binary + MetricVectors.load().multiclass)
  func `metrics of classes agree`(_ vector: MetricVectors.Classes) throws {
    let evaluation = try vector.predictions().evaluation(of: Metric.classification.filter { $0 != .loss })
    #expect(evaluation.rows == vector.labels.count)
    for (metric, expected) in vector.metrics {
      #expect(agree(evaluation[metric], expected), "\(metric): \(String(describing: evaluation[metric]))")
    }
  }

  @Test(arguments: try MetricVectors.load().binary + MetricVectors.load().multiclass)
  func `confusion matrices agree`(_ vector: MetricVectors.Classes) throws {
    #expect(ConfusionMatrix(of: try vector.predictions()).counts == vector.confusion)
  }

  @Test(arguments: try MetricVectors.load().regression)
  func `metrics of numbers agree`(_ vector: MetricVectors.Values) throws {
    let predictions = try ValuePredictions(vector.predictions, targets: vector.targets)
    let evaluation = predictions.evaluation(of: [.rmse, .mae, .r2])
    for (metric, expected) in vector.metrics {
      #expect(agree(evaluation[metric], expected), "\(metric): \(String(describing: evaluation[metric]))")
    }
  }

  @Test(arguments: try MetricVectors.load().binary)
  func `two columns say the same as one`(_ vector: MetricVectors.Classes) throws {
    let columns = vector.scores.flatMap { [1 - $0, $0] }
    let both = try ClassPredictions(columns, labels: vector.labels, classes: 2)
    let metrics = Metric.classification.filter { $0 != .loss }
    #expect(both.evaluation(of: metrics) == (try vector.predictions().evaluation(of: metrics)))
  }
}
