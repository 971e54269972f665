import AtollFederation
import AtollLearning
import AtollNumerics
import AtollTraining
import FoundationEssentials
import Testing

/// The same task as a value and as a file.
@Suite struct TaskValueTests {
  static let yaml = """
    task: classification
    name: tumours
    data: {participants: [sites/ashford.csv, sites/birk.csv], label: malignant, features: [radius, texture]}
    model: {kind: mlp, hidden: [16]}
    training: {optimizer: adam, local-epochs: 2, batch-size: 8, l2: 0.01}
    federation: {strategy: {kind: fedprox, mu: 0.1}, rounds: 30, cohort: 0.5, seed: 3}
    protection: {clip: 2}
    evaluation: {metrics: [auc, accuracy], baselines: [local]}
    """

  func value() throws -> FederatedTask {
    try FederatedTask(
      .classification, name: "tumours", label: "malignant",
      data: .files(["sites/ashford.csv", "sites/birk.csv"]),
      features: ["radius", "texture"], model: .mlp(hidden: [16]), optimizer: .adam(), batchSize: 8,
      localEpochs: 2,
      regularization: Regularization(l2: 0.01), strategy: .fedProx(mu: 0.1), rounds: 30, cohort: 0.5, seed: 3,
      clip: 2,
      metrics: [.auc, .accuracy], baselines: [.local])
  }

  @Test func `a task built as a value is the task of the file`() throws {
    let (read, built) = (try FederatedTask(yaml: Self.yaml), try value())
    #expect(built == read)
    #expect(built.contentHash == read.contentHash)
  }

  @Test func `what a value writes reads back as the value`() throws {
    let built = try value()
    let read = try FederatedTask(yaml: built.yaml)
    #expect(read == built)
    #expect(read.contentHash == built.contentHash)
    #expect(read.yaml == built.yaml)
  }

  @Test func `privacy that a task cannot carry is refused, not lost`() throws {
    let task = try value()
    var training = task.training
    training.privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.1, steps: 9)
    let error = #expect(throws: InvalidTask.self) {
      try FederatedTask(
        kind: task.kind, name: task.name, data: task.data, model: task.model, training: training,
        evaluation: task.evaluation)
    }
    #expect(error?.description.contains("privacy") == true)
  }

  @Test func `what is left out is what a file leaves out`() throws {
    let built = try FederatedTask(
      .classification, name: "task", label: "malignant", data: .files(["sites/a.csv", "sites/b.csv"]),
      model: .logistic)
    #expect(try built == FederatedTask(yaml: smallest))
    #expect(
      built.contentHash.description
        == "sha256:1b07c38ed69fc10af76b05efa11634b450acdd701fe8e45ece9d9bd50feed1ac")
  }

  @Test(arguments: [
    StrategyKind.fedAvg(), .fedAvg(weights: .equal), .fedSGD, .fedProx(), .fedAvgM(), .fedAdam(),
    .fedAdagrad(), .fedYogi(),
    .scaffold(),
  ])
  func `every strategy has the defaults of its file`(strategy: StrategyKind) throws {
    let built = try FederatedTask(.classification, label: "malignant", model: .logistic, strategy: strategy)
    var word = "federation.strategy=\(strategy.name)"
    if strategy == .fedAvg(weights: .equal) { word = "federation.strategy={kind: fedavg, weights: equal}" }
    let read = try FederatedTask(
      yaml:
        "{task: classification, name: study, data: {participants: own, label: malignant}, model: logistic}",
      overrides: [word])
    #expect(built == read)
  }

  @Test func `participants may bring their own data`() throws {
    let task = try FederatedTask(.regression, label: "days", model: .linear)
    #expect(task.data.origin == .own)
    #expect(task.yaml.contains("participants: own"))
    #expect(task.data.participantNames == nil)
    #expect(try FederatedTask(yaml: task.yaml) == task)
    let faults = faults(
      "{task: regression, data: {participants: own, label: y, partition: {kind: iid, participants: 2}}, model: linear}"
    )
    #expect(faults.contains("data.partition goes with files, and participants bring their own data"))
  }

  @Test func `a value is checked as a file is`() {
    let error = #expect(throws: InvalidTask.self) {
      try FederatedTask(.regression, label: "days", model: .logistic, metrics: [.auc])
    }
    #expect(error?.description.contains("logistic predicts classes, but the task is regression") == true)
    #expect(error?.description.contains("auc is no figure of regression") == true)
  }

  // MARK: What is one's own

  struct TrimmedMean: Strategy {
    var share = 0.1
    var words: [String] = ["a", "1.5"]
    var limit: Int?
    var memory: [Double]?

    func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {}
  }

  struct Median: TaskModel {
    static let kind = "median"
    var level = 0.5
    var layout: ParameterLayout { ParameterLayout([("bias", [1])]) }

    func addGradient(
      of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
      to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
    ) -> Double { 0 }

    func predictions(at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace) -> [Float]
    {
      [Float](repeating: parameters.values[0], count: dataset.count)
    }
  }

  static let extensions = Extensions(strategies: [TrimmedMean.self], models: [Median.self])

  @Test func `a strategy and a model of one's own are read, written and hashed as Atoll's are`() throws {
    let built = try FederatedTask(
      .regression, label: "days", model: .own(Median(level: 0.9)), strategy: .own(TrimmedMean(share: 0.2)))
    #expect(
      built.yaml.contains("strategy: {kind: trimmed-mean, share: 0.2, words: ['a', '1.5']}")
        || built.yaml.contains("kind: trimmed-mean"))
    let read = try FederatedTask(yaml: built.yaml, extensions: Self.extensions)
    #expect(read == built)
    #expect(read.contentHash == built.contentHash)
    #expect(
      try FederatedTask(
        .regression, label: "days", model: .own(Median(level: 0.8)), strategy: .own(TrimmedMean(share: 0.2))
      ).contentHash != built.contentHash)
    #expect(try built.setting(["federation.rounds=3"]).federation.strategy == built.federation.strategy)
    guard case .own(let own) = read.federation.strategy, let strategy = own.strategy as? TrimmedMean else {
      Issue.record("the strategy is \(read.federation.strategy)")
      return
    }
    #expect(strategy.share == 0.2 && strategy.words == ["a", "1.5"] && strategy.limit == nil)
  }

  @Test func `what a program does not have is refused with what it has`() throws {
    let built = try FederatedTask(.regression, label: "days", model: .linear, strategy: .own(TrimmedMean()))
    let error = #expect(throws: InvalidTask.self) { try FederatedTask(yaml: built.yaml) }
    #expect(error?.description.contains("trimmed-mean") == true)
  }

  @Test(arguments: [
    ("{kind: trimmed-mean, words: []}", "“share” is missing"),
    ("{kind: trimmed-mean, share: much, words: []}", "“share” is not of its type"),
    (
      "{kind: trimmed-mean, share: 0.1, words: [], sharp: 2}", "unknown key “sharp” under federation.strategy"
    ),
    ("trimmed-mean", "is missing"),
  ])
  func `settings that do not fit are refused`(strategy: String, message: String) {
    let yaml =
      "{task: regression, data: {participants: own, label: y}, model: linear, federation: {strategy: \(strategy)}}"
    let error = #expect(throws: InvalidTask.self) {
      try FederatedTask(yaml: yaml, extensions: Self.extensions)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func `a model of one's own has targets of its kind`() {
    let error = #expect(throws: InvalidTask.self) {
      try FederatedTask(.classification, label: "days", model: .own(Median()))
    }
    #expect(error?.description.contains("median predicts numbers, but the task is classification") == true)
  }

  @Test func `an architecture with a model of one's own is decoded where the model is known`() throws {
    let architecture = try ModelArchitecture(kind: .own(Median(level: 0.9)), inputShape: [3], classes: nil)
    let bytes = try CanonicalJSON.encode(architecture)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"input":[3],"model":{"kind":"median","settings":{"level":0.9}}}"#)
    #expect(try CanonicalJSON.decode(from: bytes, models: Self.extensions.models) == architecture)
    #expect(throws: DecodingError.self) { try CanonicalJSON.decode(ModelArchitecture.self, from: bytes) }
    #expect(throws: ModelError.self) {
      try ModelArchitecture(kind: .own(Median()), inputShape: [3], classes: 2)
    }
  }
}
