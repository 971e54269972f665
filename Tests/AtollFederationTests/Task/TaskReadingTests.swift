import AtollLearning
import AtollTraining
import Testing

@testable import AtollFederation

struct TaskReadingTests {
  @Test func `three keys make a task, everything else has a default`() throws {
    let task = try FederatedTask(yaml: smallest, file: "breast-tumours.yaml")
    #expect(task.kind == .classification)
    #expect(task.name == "breast-tumours")
    #expect(task.data.participantNames == ["a", "b"])
    #expect(task.data.label == DataPlan.Label(column: "malignant"))
    #expect(task.data.features == nil)
    #expect(task.data.test == .fraction(0.2))
    #expect(task.data.preprocess == PreprocessingPlan())
    #expect(task.model == .logistic)
    #expect(task.training == LocalTraining(loss: .crossEntropy, learningRate: 0.05))
    #expect(task.federation == FederationPlan())
    #expect(task.protection == ProtectionPlan())
    #expect(task.evaluation == EvaluationPlan(metrics: [.accuracy, .auc, .loss]))
  }

  /// design.md §7, without the keys of later versions (compression, secure-aggregation, privacy) and with one
  /// source.
  @Test func `the example of the design is read`() throws {
    let task = try FederatedTask(
      yaml: """
        task: classification        # regression | ranking | clustering | statistics | itemsets | ...
        name: breast-tumours
        data:
          columns: [age, sex, num, radius, texture, patient]   # names, where the file has no header line
          missing-values: ['', NA, '?']
          participants: [sites/a.csv, sites/b.csv]   # simulation: named by file stem, or a map name: file
          label: {column: num, positive: '> 0'}
          features: [radius, texture]     # default: every numeric or categorical column but the label
          group: patient                  # rows of one group never fall on both sides of a split
          preprocess: {missing: mean, scale: standard, categories: one-hot}   # fitted federatedly
          test: 0.2                       # held out at each participant
        model: {kind: mlp, hidden: [32, 16]}
        training: {loss: cross-entropy, optimizer: sgd, learning-rate: 0.05, batch-size: 16, local-epochs: 1, class-weights: none}
        federation: {strategy: fedavg, rounds: 20, cohort: 1.0,
                      quorum: 0.67, deadline: 10m, seed: 7, initial: server}
        protection: {clip: 1.0}
        evaluation: {every: 1, metrics: [accuracy, auc, loss], baselines: [local, pooled]}
        """)
    #expect(task.name == "breast-tumours")
    #expect(task.model == .mlp(hidden: [32, 16], activation: .relu))
    #expect(task.data.label == DataPlan.Label(column: "num", positive: PositiveRule(.above, 0)))
    #expect(task.data.features?.map(\.name) == ["radius", "texture"])
    #expect(task.data.format.missingValues == ["", "NA", "?"])
    #expect(task.protection.clip == .fixed(1))
    #expect(task.federation.deadline == .seconds(600))
  }

  @Test func `what is left out follows from the model, the optimizer and the strategy`() throws {
    let svm = try FederatedTask(yaml: smallest, overrides: ["model=svm"])
    #expect(svm.training.loss == .hinge)
    let softmax = try FederatedTask(yaml: smallest, overrides: ["model=softmax"])
    #expect(softmax.evaluation.metrics == [.accuracy, .loss])
    let regression = try FederatedTask(yaml: smallest, overrides: ["task=regression", "model=linear"])
    #expect(regression.training.loss == .squaredError)
    #expect(regression.evaluation.metrics == [.rmse, .mae, .r2])
    let adam = try FederatedTask(yaml: smallest, overrides: ["training.optimizer=adam"])
    #expect(adam.training.learningRate == 0.001)
    let descent = try FederatedTask(yaml: smallest, overrides: ["training.optimizer=gd"])
    #expect(descent.training.batchSize == .full)
    #expect(descent.training.optimizer == .sgd())
    let fedSGD = try FederatedTask(yaml: smallest, overrides: ["federation.strategy=fedsgd"])
    #expect(fedSGD.training.batchSize == .full)
  }

  @Test func `participants are a list of files, or a map of names to files`() throws {
    func participants(_ text: String) throws -> [DataPlan.Participant]? {
      let task = try FederatedTask(yaml: smallest, folder: "study", overrides: ["data.participants=\(text)"])
      guard case .participants(let participants) = task.data.origin else { return nil }
      return participants
    }
    #expect(
      try participants("[sites/north.csv.gz, /data/south.data]") == [
        DataPlan.Participant(name: "north", source: .table(path: "study/sites/north.csv.gz", columns: [:])),
        DataPlan.Participant(name: "south", source: .table(path: "/data/south.data", columns: [:])),
      ])
    #expect(
      try participants("{st. olav: ./a.csv, zoé: {file: ../b.csv, map: {age: alter}}}") == [
        DataPlan.Participant(name: "st. olav", source: .table(path: "study/a.csv", columns: [:])),
        DataPlan.Participant(name: "zoé", source: .table(path: "study/../b.csv", columns: ["age": "alter"])),
      ])
  }

  @Test func `a map of columns holds for all files, and a file's own goes before it`() throws {
    let task = try FederatedTask(
      yaml: """
        task: regression
        data:
          participants: {a: a.csv, b: {file: b.csv, map: {sex: geschlecht}}}
          map: {age: years, sex: gender}
          label: cost
        model: linear
        """)
    guard case .participants(let participants) = task.data.origin else { return }
    #expect(participants[0].source == .table(path: "a.csv", columns: ["age": "years", "sex": "gender"]))
    #expect(participants[1].source == .table(path: "b.csv", columns: ["age": "years", "sex": "geschlecht"]))
  }

  @Test func `one source is split among simulated participants`() throws {
    let task = try FederatedTask(
      yaml: """
        task: classification
        data:
          images: train-images.gz
          labels: train-labels.gz
          partition: {kind: shards, participants: 100, per-participant: 2}
          test: {images: test-images.gz, labels: test-labels.gz}
        model: {kind: cnn, layers: [{kind: convolution, channels: 32, kernel: 5, padding: 2}, relu, max-pooling, {kind: dense, units: 512}, relu]}
        """)
    #expect(
      task.data.origin
        == .pooled(
          .images(path: "train-images.gz", labels: "train-labels.gz"),
          .shards(participants: 100, perParticipant: 2)))
    #expect(task.data.participantCount == 100)
    #expect(
      task.model
        == .cnn(layers: [
          .convolution(channels: 32, kernel: 5, stride: 1, padding: 2), .activation(.relu),
          .maxPooling(window: 2, stride: 2), .dense(units: 512), .activation(.relu),
        ]))
    #expect(task.evaluation.metrics == [.accuracy, .loss])
  }

  @Test(arguments: [
    ("fedavg", StrategyKind.fedAvg(weights: .rows)),
    ("{kind: fedavg, weights: equal}", .fedAvg(weights: .equal)),
    ("fedsgd", .fedSGD),
    ("fedprox", .fedProx(mu: 0.01)),
    ("{kind: fedprox, mu: 1}", .fedProx(mu: 1)),
    ("fedavgm", .fedAvgM(learningRate: 1, momentum: 0.9)),
    ("{kind: fedadam, learning-rate: 0.1}", .fedAdam(learningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001)),
    ("fedadagrad", .fedAdagrad(learningRate: 0.01, beta1: 0, tau: 0.001)),
    ("{kind: fedyogi, tau: 1e-4}", .fedYogi(learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 1e-4)),
    ("scaffold", .scaffold(learningRate: 1)),
  ])
  func `a strategy is a name, or a kind with parameters`(text: String, strategy: StrategyKind) throws {
    let task = try FederatedTask(yaml: smallest, overrides: ["federation.strategy=\(text)"])
    #expect(task.federation.strategy == strategy)
    #expect(text.contains(strategy.name))
  }

  @Test(arguments: [
    ("1.0", Cohort.fraction(1)), ("1", .fraction(1)), ("0.5", .fraction(0.5)), ("1e-3", .fraction(0.001)),
    ("2", .count(2)),
  ])
  func `a cohort is a fraction, or from two on a number`(text: String, cohort: Cohort) throws {
    let task = try FederatedTask(yaml: smallest, overrides: ["federation.cohort=\(text)"])
    #expect(task.federation.cohort == cohort)
  }

  @Test func `fractions of a group are rounded and are at least one`() {
    #expect(Share.fraction(0.67).count(of: 4) == 3)
    #expect(Share.fraction(0.67).count(of: 3) == 2)
    #expect(Share.fraction(0.5).count(of: 5) == 3)
    #expect(Share.fraction(0.001).count(of: 10) == 1)
    #expect(Share.count(3).count(of: 10) == 3)
    #expect(Share.count(30).count(of: 10) == 10)
  }

  @Test(arguments: [("90s", 90), ("10m", 600), ("2h", 7200), ("168h", 604_800)])
  func `a deadline is a number and a unit`(text: String, seconds: Int) throws {
    let task = try FederatedTask(yaml: smallest, overrides: ["federation.deadline=\(text)"])
    #expect(task.federation.deadline == .seconds(seconds))
  }

  @Test func `text is text, whatever YAML would make of it`() throws {
    let task = try FederatedTask(
      yaml: smallest, overrides: ["data.features=[no, 010, 12:30, 2024-01-01, 'null', y, 1.50, .nan, off]"])
    #expect(
      task.data.features?.map(\.name)
        == ["no", "010", "12:30", "2024-01-01", "null", "y", "1.50", ".nan", "off"])
  }

  @Test func `a byte order mark and Windows' line ends are accepted`() throws {
    let windows = smallest.replacing("\n", with: "\r\n")
    let task = try FederatedTask(yaml: [0xEF, 0xBB, 0xBF] + Array(windows.utf8))
    #expect(try task == FederatedTask(yaml: smallest))
  }

  @Test func `variables of the environment are filled in, in quotes or not, and can be escaped`() throws {
    let environment = ["DATA": "/mnt/x", "ROUNDS": "3", "COLOUR": "a: b"]
    let task = try FederatedTask(
      yaml: """
        task: classification
        data:
          participants: {a: "${DATA}/a.csv", b: '${DATA}/$${DATA}/$b.csv'}
          label: ${COLOUR}
        model: logistic
        federation: {rounds: "${ROUNDS}"}
        """, folder: "study"
    ) { environment[$0] }
    guard case .participants(let participants) = task.data.origin else { return }
    #expect(
      participants.map(\.source) == [
        .table(path: "/mnt/x/a.csv", columns: [:]), .table(path: "/mnt/x/${DATA}/$b.csv", columns: [:]),
      ])
    #expect(task.data.label?.column == "a: b")
    #expect(task.federation.rounds == 3)
  }

  @Test func `a task from parts passes the checks of a file`() throws {
    let task = try FederatedTask(yaml: smallest)
    let same = try FederatedTask(
      kind: task.kind, name: task.name, data: task.data, model: task.model, training: task.training,
      evaluation: task.evaluation)
    #expect(same == task)
    let error = #expect(throws: InvalidTask.self) {
      try FederatedTask(
        kind: .regression, name: "x", data: task.data, model: .linear, training: task.training,
        evaluation: task.evaluation)
    }
    #expect(error?.problems.map(\.code) == [.conflict, .conflict, .conflict])
  }
}

struct PositiveRuleTests {
  @Test(arguments: ["> 0", ">=1.5", "<  -2", "<= 2", "= yes", "yes", "= 1", "!= benign", "> 1e20"])
  func `a rule reads back`(text: String) throws {
    let rule = try #require(PositiveRule(text))
    #expect(PositiveRule(rule.description) == rule)
    #expect(try CanonicalJSON.decode(PositiveRule.self, from: CanonicalJSON.encode(rule)) == rule)
    let task = try FederatedTask(
      yaml: smallest, overrides: ["data.label={column: grade, positive: '\(text)'}"])
    #expect(task.data.label?.positive == rule)
    #expect(try FederatedTask(yaml: task.yaml).data.label?.positive == rule)
    #expect(task.featurePlan?.label.positive == rule)
  }

  @Test(arguments: ["", "  ", "> ", "> many", "> 0x10", "= ", "!=", "== 1", "> inf"])
  func `what is no rule is refused`(text: String) { #expect(PositiveRule(text) == nil) }

  @Test func `several values are positive, and such a rule reads back`() throws {
    let rule = try #require(PositiveRule(anyOf: ["3", "4", ""]))
    #expect(PositiveRule(anyOf: []) == nil)
    #expect(try CanonicalJSON.decode(PositiveRule.self, from: CanonicalJSON.encode(rule)) == rule)
    let task = try FederatedTask(
      yaml: smallest, overrides: ["data.label={column: grade, positive: ['3', 4, '']}"])
    #expect(task.data.label?.positive == rule)
  }
}
