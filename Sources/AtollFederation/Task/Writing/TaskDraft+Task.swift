import AtollTraining

extension TaskDraft {
  /// A task as its file would write it, with nothing left to be derived.
  init(_ task: FederatedTask) {
    kind = task.kind
    name = task.name
    data = DataDraft(task.data)
    model = task.model
    training = TrainingDraft(task.training)
    federation = task.federation
    protection = task.protection
    privacy = task.privacy.map { PrivacyDraft($0) }
    evaluation = EvaluationDraft(task.evaluation)
  }
}

extension DataDraft {
  init(_ data: DataPlan) {
    switch data.origin {
    case .participants(let participants): self.participants = .named(participants)
    case .own: participants = .own
    case .pooled(.table(let path, let columns), let partition):
      (file, columnMap, self.partition) = (path, columns, partition)
    case .pooled(.images(let path, let labels), let partition):
      (images, self.labels, self.partition) = (path, labels, partition)
    }
    format = data.format
    label = data.label
    shape = data.shape
    classes = data.classes
    features = data.features
    include = data.include
    exclude = data.exclude
    group = data.group
    preprocess = data.preprocess
    test = data.test
  }
}

extension TrainingDraft {
  fileprivate init(_ training: LocalTraining) {
    loss = training.loss
    regularization = training.regularization
    classWeights = training.classWeights
    optimizer = .kind(training.optimizer)
    learningRate = training.learningRate
    schedule = training.schedule
    // Beside privacy of records, batches are drawn and have no size of their own.
    batchSize = training.privacy == nil ? training.batchSize : nil
    switch training.amount {
    case .epochs(let epochs): localEpochs = epochs
    case .steps(let steps): localSteps = steps
    }
    shuffle = training.shuffle
  }
}

extension EvaluationDraft {
  fileprivate init(_ evaluation: EvaluationPlan) {
    every = evaluation.every
    metrics = evaluation.metrics
    baselines = evaluation.baselines
    perSite = evaluation.perSite
    stopping = evaluation.stopping
    keep = evaluation.keep
  }
}
