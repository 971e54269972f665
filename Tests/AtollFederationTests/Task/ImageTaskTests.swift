import AtollLearning
import Testing

@testable import AtollFederation

/// Tasks of images that say in advance what a simulation would find out.
struct ImageTaskTests {
  static let own = """
    task: classification
    name: scans
    data:
      participants: own
      shape: [8, 8, 1]
      classes: 3
    model: {kind: cnn, layers: [{kind: convolution, channels: 2, kernel: 3}, relu]}
    """
  static let named = own.replacing(
    "participants: own",
    with: "participants: {a: {images: a.idx, labels: a.lab}, b: {images: b.idx, labels: b.lab}}"
  )

  static func task(_ overrides: String...) throws -> FederatedTask {
    try FederatedTask(yaml: own, overrides: overrides)
  }

  @Test(arguments: [own, named])
  func `shape and classes are read, written and part of the task`(yaml: String) throws {
    let task = try FederatedTask(yaml: yaml)
    #expect(task.data.isImages)
    #expect(task.data.shape == [8, 8, 1])
    #expect(task.data.classes == 3)
    #expect(try FederatedTask(yaml: task.yaml) == task)
    let open = try task.setting(["data.shape=", "data.classes="])
    #expect(open.contentHash != task.contentHash)
    #expect(!open.yaml.contains("shape") && !open.yaml.contains("classes:"))
    #expect(
      FederatedTask.differences(from: open, to: task).map(\.path) == ["data.shape", "data.classes"])
    let wider = try task.setting(["data.shape=[8, 9, 1]"])
    #expect(
      FederatedTask.differences(from: task, to: wider).map(\.words).first?.hasSuffix(
        "changes from [8, 8, 1] to [8, 9, 1]") == true)
  }

  @Test(arguments: [
    (["data.shape=[8, 8]"], "data.shape has 2 items, and it must have 3"),
    (["data.shape=[8, 8, 1, 1]"], "data.shape has 4 items, and it must have 3"),
    (["data.shape=[8, 0, 1]"], "data.shape[1] must be a whole number from 1 to 1073741824"),
    (["data.shape=8"], "data.shape must be a list of 3, each item a whole number"),
    (["data.classes=1"], "data.classes must be a whole number from 2 to 1048576"),
    (["data.label=y", "model=logistic"], "data.shape is for images; tables tell it themselves"),
    (["data.label=y", "model=logistic"], "data.classes is for images; tables tell it themselves"),
    (["task=regression", "model=mlp"], "a regression has no classes to be counted"),
    (["training.class-weights=[1, 2]"], "there are 3 classes, and class-weights has 2 numbers"),
    (
      ["model=logistic"],
      "the model does not go with data.classes: a logistic model tells two classes apart, but the target has 3"
    ),
    (
      ["model={kind: cnn, layers: [{kind: convolution, channels: 2, kernel: 9}]}"],
      "the model does not go with data.shape: "
    ),
    (["data.shape=[1000000, 1000000, 1]"], "the model does not go with data.shape: "),
  ])
  func `what contradicts itself is told before any image is read`(overrides: [String], message: String) {
    let found = problems(Self.own, overrides: overrides)
    #expect(found.contains { $0.message.hasPrefix(message) }, "\(found.map(\.message))")
  }

  @Test func `a deployed task has both`() throws {
    func refusal(_ overrides: String...) throws -> String? {
      let task = try FederatedTask(yaml: Self.own, overrides: overrides)
      do {
        try task.checkDeployable()
        return nil
      } catch { return error.description }
    }
    #expect(try refusal() == nil)
    try FederatedTask(yaml: Self.named).checkDeployable()
    #expect(
      try refusal("data.shape=")
        == "a deployed task with images says how they are made, and data.shape is missing; try data.shape: [28, 28, 1]"
    )
    #expect(
      try refusal("data.classes=")
        == "a deployed task with images says how they are made, and data.classes is missing; try data.classes: 10"
    )
    #expect(
      try refusal("data.shape=", "data.classes=")?.hasPrefix(
        "a deployed task has data.label for tables, or data.shape and data.classes for images") == true)
    #expect(
      try refusal("training.class-weights=balanced")?.hasPrefix(
        "training.class-weights is balanced, which counts")
        == true)
    #expect(try refusal("training.class-weights=[1, 2, 3]") == nil)
    #expect(
      try refusal("task=regression", "model=mlp", "data.classes=")?.contains("this one is regression") == true
    )
    #expect(
      try refusal("data.test={images: t.idx, labels: t.lab}")?.hasPrefix("data.test names files") == true)
    #expect(
      try refusal(
        "data.participants=", "data.images=x", "data.labels=y", "data.partition=iid")?.hasPrefix(
          "data.partition splits one pooled file") == true)
  }

  @Test func `the program goes by what is declared`() throws {
    let declared = try Self.task()
    guard case .exchange(let first) = try declared.program().next(),
      let question = first.query as? TrainQuery<PlainTraining>
    else {
      Issue.record("nothing is asked before the first round")
      return
    }
    #expect(question.preparation == Preparation(inputShape: [8, 8, 1], classes: 3))
    // As in a simulation that counted rows nobody needs.
    let open = try declared.setting(["data.shape=", "data.classes="])
    let counted = Preparation(inputShape: [8, 8, 1], classes: 3, classRows: [4, 5, 6])
    guard case .exchange(let other) = try open.program(preparation: counted).next() else { return }
    #expect((other.query as? TrainQuery<PlainTraining>)?.model == question.model)
    // Balanced weights need the counts.
    #expect(try Self.task("training.class-weights=balanced").declaredPreparation == nil)
  }

  @Test func `the summary counts the numbers of the model`() throws {
    // 2 kernels of 3 × 3 with biases, 3 classes from 6 × 6 × 2 outputs.
    #expect(try Self.task().summary().title == "scans: fedavg, cnn of 2 layers (239 numbers), 20 rounds")
    #expect(try Self.task("data.classes=").summary().title == "scans: fedavg, cnn of 2 layers, 20 rounds")
  }

  // MARK: What participants allow

  @Test func `a policy that names columns does not allow images`() throws {
    let task = try Self.task("federation.rounds=3", "evaluation.baselines=[]")
    var policy = try PolicyTests.policy {
      $0.models = Policy.Models(kinds: .any, mostParameters: .any)
    }
    #expect(
      policy.refusal(of: task)?.message
        == "asked for: the classes of images; columns.labels allows malignant")
    policy.columns.labels = .any
    #expect(
      policy.refusal(of: task)?.message
        == "asked for: images, which have no columns; columns.features allows mean_radius, mean_texture")
    let question = Instruction(
      exchange: 0, query: try Self.question(of: task), protection: .none, required: 4)
    #expect(policy.refusal(of: question, run: "a")?.rule == "columns.features")
    policy.columns.features = .any
    #expect(policy.refusal(of: task) == nil)
    #expect(policy.refusal(of: question, run: "a") == nil)
    #expect(Policy().findings(on: task).allSatisfy { !$0.holds })
  }

  @Test func `a server asks about the images that the task declares, and no others`() throws {
    let task = try Self.task("federation.rounds=3")
    let consent = Consent(.open, and: Consent.Approval(task))
    func departure(_ asked: FederatedTask) throws -> String? {
      consent.refusal(
        of: Instruction(exchange: 0, query: try Self.question(of: asked), protection: .none, required: 4),
        under: task, run: "a")?.message
    }
    #expect(try departure(task) == nil)
    #expect(
      try departure(task.setting(["data.shape=[9, 8, 1]"]))?.hasSuffix("its images have another shape")
        == true)
    #expect(
      try departure(task.setting(["data.classes=4"]))?.hasSuffix("it knows another number of classes") == true
    )
  }

  private static func question(of task: FederatedTask) throws -> any Query {
    guard case .exchange(let first) = try task.program().next() else {
      throw RunFailure(.unfit, "it is over")
    }
    return first.query
  }
}
