/// Everything that decides a model but its parameters: the kind, the shape of its input and what it predicts.
///
/// This is what `model.json` stores. A value that exists can be built: the initializer refuses layers that do not fit.
public struct ModelArchitecture: Hashable, Sendable {
  /// What the task asks for.
  public let kind: ModelKind
  /// Extents of one example: `[features]` for tables, `[height, width, channels]` for images.
  public let inputShape: [Int]
  /// Number of classes; nil for regression.
  public let classes: Int?
  /// Numbers that the last layer gives for one example: 1 for regression; for two classes 1, the evidence for class 1
  /// (but 2 for `softmax`); otherwise one for each class.
  public let outputCount: Int

  package let stages: [Stage]
  let tensors: [TensorShape]
  /// The model itself, shaped, where it is not one of Atoll's own.
  private let own: OwnModel?

  struct TensorShape: Hashable, Sendable {
    let name: String
    let shape: [Int]
  }

  /// - Parameters:
  ///   - kind: what the task asks for.
  ///   - inputShape: extents of one example.
  ///   - classes: number of classes; nil for regression.
  ///
  /// - Throws: ``ModelError`` when the model cannot take such examples, or does not predict such targets.
  public init(kind: ModelKind, inputShape: [Int], classes: Int?) throws(ModelError) {
    self.kind = kind
    self.inputShape = inputShape
    self.classes = classes
    if case .own(let own) = kind {
      let shaped = try own.shaped(for: ExampleShape(inputShape: inputShape, classes: classes))
      outputCount = try shaped.outputCount(classes: classes)
      self.own = shaped
      stages = []
      tensors = []
      return
    }
    outputCount = try Self.outputCount(of: kind, classes: classes)
    own = nil
    var builder = try StageBuilder(inputShape: inputShape)
    try builder.add(kind.layers)
    try builder.addOutput(outputCount)
    stages = builder.stages
    tensors = builder.tensors.map { TensorShape(name: $0.name, shape: $0.shape) }
  }

  /// Numbers in one example.
  public var inputCount: Int { inputShape.reduce(1, *) }

  /// The model that has this architecture.
  public var model: any Model { own?.model ?? Network(self) }

  private static func outputCount(of kind: ModelKind, classes: Int?) throws(ModelError) -> Int {
    // One output layer has one weight for each class and input; a class needs examples of its own.
    if let classes, !(2...ModelLimits.classes).contains(classes) {
      throw ModelError(
        .output, "there are \(classes) classes; a classifier needs at least 2 and at most 2^20")
    }
    switch (kind, classes) {
    case (.linear, nil): return 1
    case (.linear, let classes?):
      throw ModelError(
        .output,
        "a linear model predicts numbers, but the target has \(classes) classes; take logistic, softmax or svm"
      )
    case (.logistic, let classes?) where classes > 2:
      throw ModelError(
        .output, "a logistic model tells two classes apart, but the target has \(classes); take softmax")
    case (.logistic, nil), (.softmax, nil), (.svm, nil):
      throw ModelError(
        .output,
        "the model \(kind.name) predicts classes, but the target is a number; take linear, mlp or cnn"
      )
    case (.softmax, let classes?): return classes
    case (_, let classes): return classes.map { $0 == 2 ? 1 : $0 } ?? 1
    }
  }
}

extension OwnModel {
  fileprivate func shaped(for examples: ExampleShape) throws(ModelError) -> OwnModel {
    func shape<M: TaskModel>(_ model: M) throws(ModelError) -> OwnModel {
      OwnModel(try model.shaped(for: examples))
    }
    return try shape(model)
  }

  /// Numbers that the model says about one example.
  fileprivate func outputCount(classes: Int?) throws(ModelError) -> Int {
    switch (model.prediction, classes) {
    case (.value, nil), (.probability, 2), (.score, 2): return 1
    case (.probabilities, let classes?), (.scores, let classes?): return classes
    case (.value, let classes?):
      throw ModelError(.output, "The model \(kind) predicts numbers, but the target has \(classes) classes.")
    case (_, let classes?):
      throw ModelError(.output, "The model \(kind) tells two classes apart, but the target has \(classes).")
    case (_, nil):
      throw ModelError(.output, "The model \(kind) predicts classes, but the target is a number.")
    }
  }
}

extension ModelArchitecture: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind = "model"
    case inputShape = "input"
    case classes
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      kind: container.decode(ModelKind.self, forKey: .kind),
      inputShape: container.decode([Int].self, forKey: .inputShape),
      classes: container.decodeIfPresent(Int.self, forKey: .classes))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(inputShape, forKey: .inputShape)
    try container.encodeIfPresent(classes, forKey: .classes)
  }
}

extension ModelArchitecture {
  /// What a trained model says about one example.
  public enum Prediction: Hashable, Sendable {
    /// The number itself.
    case value
    /// The probability of class 1 of two.
    case probability
    /// One probability for each class.
    case probabilities
    /// A score; above 0 speaks for class 1 of two.
    case score
    /// One score for each class; the largest wins.
    case scores
  }

  /// The meaning of ``Model/predictions(at:for:using:)``.
  public var prediction: Prediction {
    if let own { return own.model.prediction }
    guard classes != nil else { return .value }
    return switch (kind, outputCount) {
    case (.svm, 1): .score
    case (.svm, _): .scores
    case (_, 1): .probability
    default: .probabilities
    }
  }

  /// Refuses a loss that does not belong to what the model predicts.
  ///
  /// A model of one's own is asked nothing: it may disregard the loss.
  public func check(_ loss: Loss) throws(ModelError) {
    guard own == nil else { return }
    let fits: Bool
    switch loss {
    case .squaredError, .absoluteError, .huber: fits = prediction == .value
    case .crossEntropy: fits = prediction == .probability || prediction == .probabilities
    case .hinge, .squaredHinge: fits = prediction == .score || prediction == .scores
    }
    if case .huber(let delta) = loss, !(delta > 0 && delta.isFinite) {
      throw ModelError(.loss, "Huber's delta is \(delta); it must be above 0")
    }
    guard fits else {
      let possible =
        switch prediction {
        case .value: "squared error, absolute error or Huber's loss"
        case .probability, .probabilities: "cross-entropy"
        case .score, .scores: "hinge or squared hinge"
        }
      let target = classes == nil ? "numbers" : "classes"
      throw ModelError(.loss, "the model \(kind.name), predicting \(target), is trained with \(possible)")
    }
  }

  /// Refuses examples of another shape, targets of another kind, and classes out of range.
  public func check(_ dataset: Dataset) throws(ModelError) {
    guard dataset.inputShape == inputShape else {
      throw ModelError(
        .data, "the examples have the shape \(dataset.inputShape), but the model takes \(inputShape)")
    }
    switch (dataset.targets, classes) {
    case (.values, nil): return
    case (.classes(let labels, let count), let classes?) where count == classes:
      guard let wrong = labels.firstIndex(where: { UInt32(bitPattern: $0) >= UInt32(classes) }) else {
        return
      }
      throw ModelError(
        .data, "example \(wrong + 1) has the class \(labels[wrong]); classes are 0 to \(classes - 1)")
    case (.classes(_, let count), let classes):
      let expected = classes.map { "\($0)" } ?? "numbers instead"
      throw ModelError(.data, "the target has \(count) classes, but the model predicts \(expected)")
    case (.values, let classes?):
      throw ModelError(.data, "the target is a number, but the model predicts \(classes) classes")
    }
  }
}
