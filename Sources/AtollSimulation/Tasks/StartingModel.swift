import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore

/// The saved model that a run starts from, and what is known of the inputs that it was made for.
struct StartingModel: Sendable {
  let parameters: ParameterSet
  private let path: String
  /// Nil where there are numbers only, without a `model.json`.
  private let preparation: Preparation?

  /// Nil where the task starts from none.
  ///
  /// - Throws: ``StoreError`` when there is no such model, or it is damaged.
  init?(of task: FederatedTask) throws {
    guard case .file(let path) = task.federation.initial else { return nil }
    self.path = path
    let saved = try ModelFile.parameters(path)
    parameters = saved
    // Any safetensors file will do, so a description beside it is a gain and no duty.
    let described = try? ModelFile(reading: path)
    preparation = described.flatMap { $0.model.parameters == saved ? $0.model.preparation : nil }
  }

  /// What is seen before the run's own preprocessing is fitted.
  func warnings(for task: FederatedTask) -> [String] {
    guard let own = preparation?.preprocessing, !task.data.isImages, own.plan != task.data.preprocess else {
      return []
    }
    return [
      "\(path) was trained under another data.preprocess; its weights mean something else here, and training may begin with a bad model"
    ]
  }

  /// What is seen when the preprocessing is fitted: inputs of another kind, or on another scale.
  func warnings(comparedWith fitted: Preparation) -> [String] {
    guard let own = preparation?.preprocessing, let new = fitted.preprocessing, own.plan == new.plan else {
      return []
    }
    guard own.outputNames == new.outputNames else {
      return ["\(path) was trained on other inputs than this run's: its weights belonged to other columns"]
    }
    let moved = zip(own.features, new.features).filter { Self.differ($0.transform, $1.transform) }.map(
      \.1.column)
    guard !moved.isEmpty else { return [] }
    return [
      "\(path) was trained on numbers that were scaled otherwise: there, the same row gave other inputs (\(listed(moved)))"
    ]
  }

  /// More than a tenth of a unit apart, or a unit that is more than a tenth longer or shorter.
  private static func differ(
    _ one: FittedPreprocessing.Transform, _ other: FittedPreprocessing.Transform
  ) -> Bool {
    guard case .number(let one) = one, case .number(let other) = other else { return false }
    let ratio = one.divisor / other.divisor
    return (one.offset - other.offset).magnitude > 0.1 * other.divisor || ratio > 1.1 || ratio < 1 / 1.1
  }
}
