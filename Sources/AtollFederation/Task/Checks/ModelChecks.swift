import AtollLearning
import AtollTraining

extension TaskResolver {
  mutating func checkModel(_ model: ModelKind, kind: FederatedTask.Kind, data: DataPlan) {
    let name = Form<ModelKind>.model.name(of: model)
    switch (model, kind) {
    case (.linear, .classification):
      conflict(
        "a linear model predicts numbers, but the task is classification", at: "model.kind", "model",
        suggestion: "take logistic, softmax, svm or mlp, or task: regression")
    case (.logistic, .regression), (.softmax, .regression), (.svm, .regression):
      conflict(
        "\(name) predicts classes, but the task is regression", at: "model.kind", "model",
        suggestion: "take linear or mlp, or task: classification")
    case (.own(let own), .classification) where own.model.prediction == .value:
      conflict(
        "\(name) predicts numbers, but the task is classification", at: "model.kind", "model",
        suggestion: "write task: regression")
    case (.own(let own), .regression) where own.model.prediction != .value:
      conflict(
        "\(name) predicts classes, but the task is regression", at: "model.kind", "model",
        suggestion: "write task: classification")
    default: break
    }
    if case .cnn = model, !data.isImages {
      conflict(
        "cnn learns from images, but the data are tables", at: "model.kind", "model", suggestion: "take mlp")
    }
    for (index, layer) in model.layers.enumerated() {
      guard case .convolution(_, let kernel, _, let padding) = layer, padding >= kernel else { continue }
      conflict(
        "padding \(padding) is not below the kernel, \(kernel)", at: "model.layers[\(index)].padding",
        "model.layers[\(index)]", suggestion: "take at most \(kernel - 1)")
    }
  }

  /// Where images are declared, what can be known of the model is known before any of them is read.
  mutating func checkDeclaredImages(_ model: ModelKind, kind: FederatedTask.Kind, data: DataPlan) {
    guard data.isImages, let shape = data.shape, kind == .regression || data.classes != nil else { return }
    do {
      _ = try ModelArchitecture(kind: model, inputShape: shape, classes: data.classes)
    } catch {
      let isAboutClasses = error.code == .output
      conflict(
        "the model does not go with data.\(isAboutClasses ? "classes" : "shape"): \(error.message)",
        at: isAboutClasses ? "data.classes" : "data.shape")
    }
  }

  /// The number of classes is known where the task declares it, a rule makes two, or the model knows no more.
  mutating func checkClassWeights(_ weights: ClassWeights, model: ModelKind, data: DataPlan) {
    guard case .values(let numbers) = weights else { return }
    let two = model == .logistic || data.label?.positive != nil ? 2 : nil
    guard let classes = data.classes ?? data.label?.classes?.count ?? two, numbers.count != classes else {
      return
    }
    conflict(
      "there are \(classes == 2 ? "two" : "\(classes)") classes, and class-weights has \(numbers.count) numbers",
      at: "training.class-weights", suggestion: "give a number for each class")
  }

  /// The section `training`, with defaults that follow from kind, model and strategy.
  mutating func training(kind: FederatedTask.Kind, model: ModelKind) -> LocalTraining {
    let written = draft.training
    let isFedSGD = draft.federation.strategy == .fedSGD
    let optimizer: OptimizerKind =
      if case .kind(let kind) = written.optimizer { kind } else { .sgd() }
    let isFull = isFedSGD || written.optimizer == .gradientDescent
    let training = LocalTraining(
      loss: written.loss ?? standardLoss(kind: kind, model: model), regularization: written.regularization,
      classWeights: written.classWeights, optimizer: optimizer,
      learningRate: written.learningRate ?? optimizer.standardRate, schedule: written.schedule,
      batchSize: written.batchSize ?? (isFull ? .full : .rows(16)),
      amount: written.localSteps.map { .steps($0) } ?? .epochs(written.localEpochs ?? 1),
      shuffle: written.shuffle)
    if written.localEpochs != nil, written.localSteps != nil {
      conflict(
        "local-epochs and local-steps exclude each other", at: "training.local-steps", suggestion: "keep one")
    }
    if isFull, training.batchSize != .full {
      conflict(
        isFedSGD ? "fedsgd takes one step over all rows" : "gd takes each step over all rows",
        at: "training.batch-size",
        suggestion: isFedSGD
          ? "write batch-size: full, or take fedavg" : "write batch-size: full, or take sgd")
    }
    if case .sgd(momentum: 0, nesterov: true) = optimizer {
      conflict("nesterov looks ahead along the momentum, which is 0", at: "training.optimizer.nesterov")
    }
    checkLoss(training.loss, kind: kind, model: model)
    if kind == .regression, training.classWeights != .none {
      conflict(
        "a regression has no classes to weight", at: "training.class-weights", suggestion: "remove the key")
    }
    if case .warmup(let rounds, _) = training.schedule, rounds >= draft.federation.rounds {
      conflict(
        "warmup takes \(rounds) of \(draft.federation.rounds) rounds", at: "training.schedule.rounds",
        "training.schedule", suggestion: "take fewer than federation.rounds")
    }
    return training
  }

  private func standardLoss(kind: FederatedTask.Kind, model: ModelKind) -> Loss {
    switch kind {
    case .classification: model == .svm ? .hinge : .crossEntropy
    case .regression: .squaredError
    }
  }

  private mutating func checkLoss(_ loss: Loss, kind: FederatedTask.Kind, model: ModelKind) {
    // A model of one's own may have a loss of its own.
    if case .own = model { return }
    let name = Form<Loss>.loss.name(of: loss)
    let allowed: [String] =
      switch (kind, model) {
      case (.regression, _): ["squared-error", "absolute-error", "huber"]
      case (.classification, .svm): ["hinge", "squared-hinge"]
      case (.classification, .logistic), (.classification, .softmax): ["cross-entropy"]
      case (.classification, _): ["cross-entropy", "hinge", "squared-hinge"]
      }
    guard !allowed.contains(name) else { return }
    let whose =
      switch (kind, model) {
      case (.classification, .svm), (.classification, .logistic), (.classification, .softmax):
        Form<ModelKind>.model.name(of: model)
      default: kind.rawValue
      }
    conflict(
      "\(name) is no loss for \(whose)", at: "training.loss.kind", "training.loss",
      suggestion: "take " + Shape.enumeration(allowed))
  }
}

extension Form {
  /// The word, or the kind, that the value is written with.
  func name(of value: Value) -> String {
    let written = write(value)
    return written.word ?? written["kind"]?.word ?? ""
  }
}

extension OptimizerKind {
  fileprivate var standardRate: Double {
    switch self {
    case .sgd: 0.05
    case .adagrad: 0.01
    case .adam, .adamW: 0.001
    }
  }
}
