public import AtollLearning
import AtollNumerics

/// How every participant's rows become examples for one model, as the federation agreed on it.
public struct Preparation: Hashable, Codable, Sendable {
  /// What happens to tables; nil where data are examples already.
  public let preprocessing: FittedPreprocessing?
  /// Extents of one example.
  public let inputShape: [Int]
  /// Number of classes; nil for regression.
  public let classes: Int?
  /// Training rows of each class over all participants; empty for regression, or where nobody asked.
  public let classRows: [Int]
  /// What tells preparations apart: derived examples are kept under it.
  private let identity: String

  /// Tables, through fitted preprocessing.
  public init(_ preprocessing: FittedPreprocessing) throws {
    self.preprocessing = preprocessing
    inputShape = [preprocessing.outputCount]
    classes = preprocessing.label.classCount
    classRows = preprocessing.classRows
    identity = try ContentHash(of: CanonicalJSON.encode(preprocessing)).hexadecimal
  }

  /// Examples as they are.
  public init(inputShape: [Int], classes: Int?, classRows: [Int] = []) {
    preprocessing = nil
    self.inputShape = inputShape
    self.classes = classes
    self.classRows = classRows
    identity = "none"
  }

  /// A participant's examples.
  ///
  /// - Throws: `PreparationError` when a table does not fit.
  public func examples(of data: LocalData, _ part: LocalData.Part) throws -> Dataset {
    switch data.contents {
    case .examples(let training, let heldOut): return part == .training ? training : heldOut
    case .table(let local):
      guard let preprocessing else {
        throw RunFailure(.worker, "the task expects examples, and this participant has a table")
      }
      return try data.derived.value(at: "examples \(part.rawValue)", madeBy: identity) {
        let own = try preprocessing.localized(to: local.table, rows: local.training)
        return try own.apply(to: local.table, rows: local[part])
      }
    }
  }

  /// The unit in which regression targets are summed for metrics.
  var targetUnit: EvaluationSums.TargetUnit {
    preprocessing?.target?.summingUnit ?? EvaluationSums.TargetUnit()
  }

  /// A regression's output in the label's own unit.
  public func labelValue(of output: Double) -> Double { preprocessing?.labelValue(of: output) ?? output }

  /// A loss of a regression in the label's own unit: a squared error grows with the unit's square.
  func labelLoss(_ loss: Double, of kind: Loss) -> Double {
    let unit = preprocessing?.target?.outputUnit ?? 1
    return kind == .absoluteError ? loss * unit : loss * unit * unit
  }

  /// rows / (classes · rows of the class): the weights of `ClassWeights.balanced`.
  public var balancedWeights: [Float] {
    let rows = classRows.reduce(0, +)
    return classRows.map { $0 > 0 ? Float(Double(rows) / Double(classRows.count * $0)) : 0 }
  }
}
