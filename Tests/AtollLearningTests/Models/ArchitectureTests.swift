import AtollLearning
import AtollNumerics
import Foundation
import Testing

struct ArchitectureTests {
  @Test func `tensors have names and shapes`() throws {
    let architecture = try ModelArchitecture(
      kind: .cnn(layers: [
        .convolution(channels: 32, kernel: 3, stride: 1, padding: 0), .activation(.relu),
        .convolution(channels: 64, kernel: 3, stride: 1, padding: 0), .activation(.relu),
        .maxPooling(window: 2, stride: 2), .dense(units: 128), .activation(.relu),
      ]), inputShape: [28, 28, 1], classes: 62)
    let layout = Network(architecture).layout
    #expect(
      layout.tensors.map { "\($0.name) \($0.shape)" } == [
        "conv.0.weight [3, 3, 1, 32]", "conv.0.bias [32]", "conv.1.weight [3, 3, 32, 64]", "conv.1.bias [64]",
        "hidden.0.weight [9216, 128]", "hidden.0.bias [128]", "output.weight [128, 62]", "output.bias [62]",
      ])
    #expect(layout.count == 1_206_590)
  }

  @Test func `convolution, relu and pooling are fused where the window is the stride`() throws {
    func stages(_ window: Int, _ stride: Int) throws -> Int {
      try ModelArchitecture(
        kind: .cnn(layers: [
          .convolution(channels: 2, kernel: 3, stride: 1, padding: 0), .activation(.relu),
          .maxPooling(window: window, stride: stride),
        ]), inputShape: [8, 8, 1], classes: nil
      ).stages.count
    }
    #expect(try stages(2, 2) == 2)
    #expect(try stages(2, 1) == 3)
  }

  @Test(
    arguments: [
      (ModelKind.linear, nil, 1), (.logistic, 2, 1), (.softmax, 2, 2), (.softmax, 5, 5), (.svm, 2, 1),
      (.svm, 3, 3),
      (.mlp(hidden: [4], activation: .relu), 2, 1), (.mlp(hidden: [4], activation: .relu), nil, 1),
      (.mlp(hidden: [], activation: .relu), 4, 4),
    ] as [(ModelKind, Int?, Int)])
  func `outputs follow from the kind and the classes`(_ kind: ModelKind, _ classes: Int?, _ outputs: Int)
    throws
  {
    #expect(try ModelArchitecture(kind: kind, inputShape: [3], classes: classes).outputCount == outputs)
  }

  @Test(
    arguments: [
      (
        .linear, [3], 2,
        "a linear model predicts numbers, but the target has 2 classes; take logistic, softmax or svm"
      ),
      (.logistic, [3], 3, "a logistic model tells two classes apart, but the target has 3; take softmax"),
      (
        .svm, [3], nil, "the model svm predicts classes, but the target is a number; take linear, mlp or cnn"
      ),
      (.softmax, [3], 1, "there are 1 classes; a classifier needs at least 2 and at most 2^20"),
      (
        .linear, [], nil,
        "the input has the shape []; it must have 1 to 2^30 numbers, such as [30] or [28, 28, 1]"
      ),
      (
        .linear, [1 << 40, 1 << 40], nil,
        "the input has the shape [1099511627776, 1099511627776]; it must have 1 to 2^30 numbers, such as [30] or [28, 28, 1]"
      ),
      (
        .mlp(hidden: [8, 0], activation: .relu), [3], 2,
        "layer 3 has 0 units; a fully connected layer has at least 1"
      ),
      (
        .mlp(hidden: [1 << 29, 1 << 29], activation: .relu), [3], 2,
        "layer 3 makes the model too large: at most 2^31 parameters and 2^30 numbers between two layers are possible"
      ),
      (
        .mlp(hidden: [Int](repeating: 1, count: 200), activation: .tanh), [3], 2,
        "the model has 400 layers; at most 256 are possible"
      ),
      (
        .cnn(layers: [.convolution(channels: 2, kernel: 5, stride: 1, padding: 0)]), [4, 9, 1], 2,
        "layer 1 is a convolution whose kernel, 5 x 5, is larger than its image, 4 x 9 with padding 0; take a smaller kernel or fewer layers before it"
      ),
      (
        .cnn(layers: [.convolution(channels: 2, kernel: 3, stride: 1, padding: 3)]), [4, 9, 1], 2,
        "layer 1 is a convolution with padding 3; it must be at least 0 and below the kernel, 3"
      ),
      (
        .cnn(layers: [.convolution(channels: 2, kernel: 3, stride: 0, padding: 0)]), [4, 9, 1], 2,
        "layer 1 is a convolution with 2 channels, kernel 3 and stride 0; each must be at least 1, kernel and stride at most 2^15"
      ),
      (
        .cnn(layers: [.convolution(channels: 2, kernel: 32768, stride: 1, padding: 32767)]), [4, 9, 1], 2,
        "layer 1 makes the model too large: at most 2^31 parameters and 2^30 numbers between two layers are possible"
      ),
      (
        .cnn(layers: [.convolution(channels: 2, kernel: 3, stride: 1, padding: 0)]), [30], 2,
        "layer 1, a convolution, needs images (height, width, channels), but it is given the shape [30]"
      ),
      (
        .cnn(layers: [.dense(units: 4), .maxPooling(window: 2, stride: 2)]), [4, 4, 1], 2,
        "layer 2, max-pooling, needs images (height, width, channels), but it is given the shape [4]"
      ),
      (
        .cnn(layers: [.maxPooling(window: 5, stride: 5)]), [4, 4, 1], 2,
        "layer 1 is max-pooling that leaves nothing: its window, 5 x 5, is larger than its image, 4 x 4"
      ),
      (
        .cnn(layers: [.maxPooling(window: 17, stride: 1)]), [40, 40, 1], 2,
        "layer 1 is max-pooling with window 17 and stride 1; the window must be 1 to 16, the stride 1 to 2^15"
      ),
    ] as [(ModelKind, [Int], Int?, String)])
  func `what cannot be built is refused`(
    _ kind: ModelKind, _ shape: [Int], _ classes: Int?, _ message: String
  ) {
    let error = #expect(throws: ModelError.self) {
      try ModelArchitecture(kind: kind, inputShape: shape, classes: classes)
    }
    #expect(error?.message == message)
  }

  @Test func `losses and data that do not fit are refused`() throws {
    let linear = try ModelArchitecture(kind: .linear, inputShape: [2], classes: nil)
    let svm = try ModelArchitecture(kind: .svm, inputShape: [2], classes: 2)
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: ModelError.self, performing: body)?.message
    }
    #expect(
      message { try linear.check(.hinge) }
        == "the model linear, predicting numbers, is trained with squared error, absolute error or Huber's loss"
    )
    #expect(message { try linear.check(.huber(delta: 0)) } == "Huber's delta is 0.0; it must be above 0")
    #expect(
      message { try svm.check(.crossEntropy) }
        == "the model svm, predicting classes, is trained with hinge or squared hinge")

    func data(_ width: Int, _ targets: Targets) -> Dataset {
      Dataset(
        inputShape: [width], features: [Float](repeating: 0, count: width * targets.count), targets: targets)
    }
    try svm.check(data(2, .classes([0, 1], count: 2)))
    #expect(
      message { try svm.check(data(3, .classes([0, 1], count: 2))) }
        == "the examples have the shape [3], but the model takes [2]")
    #expect(
      message { try svm.check(data(2, .classes([0, -1], count: 2))) }
        == "example 2 has the class -1; classes are 0 to 1")
    #expect(
      message { try svm.check(data(2, .classes([0], count: 3))) }
        == "the target has 3 classes, but the model predicts 2")
    #expect(
      message { try svm.check(data(2, .values([1]))) }
        == "the target is a number, but the model predicts 2 classes")
    #expect(
      message { try linear.check(data(2, .classes([0], count: 2))) }
        == "the target has 2 classes, but the model predicts numbers instead")
  }

  @Test(arguments: try ModelCase.all())
  func `an architecture survives encoding`(_ model: ModelCase) throws {
    let encoded = try JSONEncoder().encode(model.architecture)
    #expect(try JSONDecoder().decode(ModelArchitecture.self, from: encoded) == model.architecture)
  }

  @Test func `an architecture is stored in the words of a task`() throws {
    let architecture = try ModelArchitecture(
      kind: .cnn(layers: [
        .convolution(channels: 8, kernel: 3, stride: 1, padding: 1), .activation(.relu),
        .maxPooling(window: 2, stride: 2), .dense(units: 16),
      ]), inputShape: [8, 8, 1], classes: 10)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(
      String(decoding: try encoder.encode(architecture), as: UTF8.self)
        == #"{"classes":10,"input":[8,8,1],"model":{"kind":"cnn","layers":["#
        + #"{"channels":8,"kernel":3,"kind":"convolution","padding":1,"stride":1},"#
        + #"{"kind":"relu"},{"kind":"max-pooling","stride":2,"window":2},{"kind":"dense","units":16}]}}"#)
  }

  @Test func `a stored architecture that cannot be built is refused`() {
    let stored = Data(#"{"input":[3],"classes":3,"model":{"kind":"logistic"}}"#.utf8)
    #expect(throws: ModelError.self) { try JSONDecoder().decode(ModelArchitecture.self, from: stored) }
  }
}

struct InitialParameterTests {
  @Test func `convex models start at zero`() throws {
    for (kind, classes) in [(.linear, nil), (.logistic, 2), (.softmax, 4), (.svm, 3)] as [(ModelKind, Int?)] {
      let network = Network(try ModelArchitecture(kind: kind, inputShape: [5], classes: classes))
      var coins = RandomStream(seed: 1, purpose: .initialModel)
      #expect(network.initialParameters(using: &coins).values.allSatisfy { $0 == 0 })
    }
  }

  @Test func `weights fill the interval of He before relu and of Glorot otherwise`() throws {
    let network = Network(
      try ModelArchitecture(
        kind: .cnn(layers: [
          .convolution(channels: 64, kernel: 3, stride: 1, padding: 0), .maxPooling(window: 2, stride: 2),
          .activation(.relu), .dense(units: 100), .activation(.tanh), .dense(units: 50), .activation(.relu),
        ]), inputShape: [12, 12, 4], classes: 10))
    var coins = RandomStream(seed: 1, purpose: .initialModel)
    let parameters = network.initialParameters(using: &coins)
    let limits: [String: Double] = [
      "conv.0.weight": (6.0 / 36).squareRoot(), "hidden.0.weight": (6.0 / (1600 + 100)).squareRoot(),
      "hidden.1.weight": (6.0 / 100).squareRoot(), "output.weight": (6.0 / (50 + 10)).squareRoot(),
    ]
    for tensor in network.layout.tensors {
      let values = parameters.values[tensor.range].map(Double.init)
      guard let limit = limits[tensor.name] else {
        #expect(values.allSatisfy { $0 == 0 }, "\(tensor.name)")
        continue
      }
      let largest = values.map(\.magnitude).max() ?? 0
      #expect(largest <= limit * 1.0001 && largest > 0.98 * limit, "\(tensor.name)")
      let mean = values.reduce(0, +) / Double(values.count)
      #expect(mean.magnitude < 0.1 * limit, "\(tensor.name)")
    }
  }

  @Test func `the same coins give the same model, others another`() throws {
    let network = Network(
      try ModelArchitecture(kind: .mlp(hidden: [4], activation: .relu), inputShape: [3], classes: 2))
    func model(_ seed: UInt64) -> ParameterSet {
      var coins = RandomStream(seed: seed, purpose: .initialModel)
      return network.initialParameters(using: &coins)
    }
    #expect(model(1) == model(1))
    #expect(model(1) != model(2))
  }
}
