public import AtollNumerics

/// A chain of layers, from logistic regression to a convolutional network.
///
/// Names of tensors, in this order along the chain: `conv.0.weight` with shape `[kernel height, kernel width, input
/// channels, output channels]` and `conv.0.bias`; `hidden.0.weight` with shape `[inputs, units]` and `hidden.0.bias`;
/// last `output.weight` and `output.bias`. Linear models have only the output layer. Images are flattened in the order
/// height, width, channel.
///
/// Arithmetic is that of `Kernels`: the same bits on every processor. A batch of more than ``rowsAtOnce`` examples is
/// worked off in pieces of that many, which decides the order in which a gradient is added up.
public struct Network: Model {
  /// What decides the network but its parameters.
  public let architecture: ModelArchitecture
  public let layout: ParameterLayout
  /// Examples that go through the layers together: 2²² intermediate numbers, 1 to 256 examples.
  public let rowsAtOnce: Int

  let kernels: Kernels
  let steps: [Step]
  /// The first step with weights; no derivative by its input is wanted.
  let firstTrained: Int
  let valuesPerRow: Int
  let choicesPerRow: Int
  let widestRow: Int

  /// A stage, and where its tensors and intermediate results lie.
  struct Step: Sendable {
    let stage: Stage
    let outputCount: Int
    /// Offsets among the parameters; 0 where there are none.
    let weights: Int
    let bias: Int
    /// Offset of its result, in numbers per example.
    let values: Int
    /// Offset of what pooling chose, in bytes per example.
    let choices: Int
  }

  /// - Parameters:
  ///   - architecture: what decides the network but its parameters.
  ///   - kernels: the instructions to compute with; no result depends on them.
  /// - Precondition: the architecture is one of Atoll's own; ``ModelArchitecture/model`` serves for any.
  public init(_ architecture: ModelArchitecture, kernels: Kernels = .active) {
    precondition(!architecture.stages.isEmpty, "a model of one's own is no network")
    self.architecture = architecture
    self.kernels = kernels
    layout = ParameterLayout(architecture.tensors.map { ($0.name, $0.shape) })
    var tensors = layout.tensors[...]
    var steps: [Step] = []
    var values = 0
    var choices = 0
    for (index, stage) in architecture.stages.enumerated() {
      let hasWeights = stage.weightShape != nil
      let weights = hasWeights ? tensors.removeFirst().offset : 0
      let bias = hasWeights ? tensors.removeFirst().offset : 0
      var place = values
      if case .activation = stage, index > 0, architecture.stages[index - 1].resultMayBeOverwritten {
        place = steps[index - 1].values
      } else {
        values += stage.outputCount
      }
      steps.append(
        Step(
          stage: stage, outputCount: stage.outputCount, weights: weights, bias: bias, values: place,
          choices: choices))
      choices += stage.choiceCount
    }
    self.steps = steps
    firstTrained = steps.firstIndex { $0.stage.weightShape != nil } ?? 0
    valuesPerRow = values
    choicesPerRow = choices
    widestRow = steps.map(\.outputCount).max() ?? 0
    rowsAtOnce = max(1, min(256, (1 << 22) / max(values, 1)))
  }

  /// Linear, logistic, softmax and SVM start at zero, where their convex losses need no luck. Others: weights uniform in
  /// ±√(6 / inputs) before max(0, ·) (He, Zhang, Ren & Sun 2015, eq. 10, in its uniform form) and in
  /// ±√(6 / (inputs + outputs)) otherwise (Glorot & Bengio 2010, eq. 16), biases zero.
  public func initialParameters(using coins: inout RandomStream) -> ParameterSet {
    var values = [Float](repeating: 0, count: layout.count)
    switch architecture.kind {
    case .linear, .logistic, .softmax, .svm, .own: return ParameterSet(layout: layout, values: values)
    case .mlp, .cnn: break
    }
    for (index, step) in steps.enumerated() {
      guard let shape = step.stage.weightShape else { continue }
      let field = shape.dropLast(2).reduce(1, *)
      let inputs = Double(field * shape[shape.count - 2])
      let outputs = Double(field * shape[shape.count - 1])
      let limit = (6 / (feedsReLU(index) ? inputs : inputs + outputs)).squareRoot()
      for element in step.weights..<step.bias {
        values[element] = Float((2 * coins.uniform() - 1) * limit)
      }
    }
    return ParameterSet(layout: layout, values: values)
  }

  private func feedsReLU(_ index: Int) -> Bool {
    switch steps[index].stage {
    case .convolution(_, relu: true), .convolutionPool: return true
    default: break
    }
    for step in steps[(index + 1)...] {
      switch step.stage {
      case .activation(let activation, _): return activation == .relu
      case .maxPool: continue
      case .dense, .convolution, .convolutionPool: return false
      }
    }
    return false
  }

  public func addGradient(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
  ) -> Double {
    var sum = 0.0
    for start in stride(from: 0, to: batch.rows, by: rowsAtOnce) {
      let piece = batch.slice(from: start, count: min(rowsAtOnce, batch.rows - start))
      let memory = Memory(for: self, rows: piece.rows, in: workspace)
      sum += losses(
        of: objective, on: piece, share: share, at: parameters, memory: memory,
        slopes: gradient != nil)
      if let gradient {
        backward(piece, at: parameters, memory: memory, to: .gradient(gradient))
      }
    }
    return sum
  }

  /// The last layer's results, before any link: `outputCount` numbers for each example.
  ///
  /// - Precondition: the examples have the shape that the model was built for.
  public func outputs(
    at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace
  ) -> [Float] {
    eachPiece(at: parameters, of: dataset, using: workspace) { _, _, _ in }
  }

  public func predictions(
    at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace
  ) -> [Float] {
    let width = architecture.outputCount
    let prediction = architecture.prediction
    return eachPiece(at: parameters, of: dataset, using: workspace) { outputs, rows, memory in
      switch prediction {
      case .value, .score, .scores: break
      case .probability: kernels.sigmoid(outputs, outputs, count: rows)
      case .probabilities:
        kernels.softmax(outputs, outputs, batch: rows, classes: width, scratch: memory.scratch)
      }
    }
  }

  private func eachPiece(
    at parameters: ParameterSet, of dataset: Dataset, using workspace: Workspace,
    link: (UnsafeMutablePointer<Float>, Int, Memory) -> Void
  ) -> [Float] {
    precondition(parameters.layout == layout, "the parameters are this model's")
    precondition(
      dataset.inputShape == architecture.inputShape, "the examples have the shape of the model's input")
    let width = architecture.outputCount
    return [Float](unsafeUninitializedCapacity: dataset.count * width) { result, count in
      parameters.values.withUnsafeBufferPointer { parameters in
        dataset.withBatch { batch in
          for start in stride(from: 0, to: batch.rows, by: rowsAtOnce) {
            let piece = batch.slice(from: start, count: min(rowsAtOnce, batch.rows - start))
            let memory = Memory(for: self, rows: piece.rows, in: workspace)
            // Safe because a model has parameters, and there is a row.
            forward(piece, at: parameters.baseAddress!, memory: memory)
            let outputs = memory.outputs(of: self)
            link(outputs, piece.rows, memory)
            (result.baseAddress! + start * width).initialize(from: outputs, count: piece.rows * width)
          }
        }
      }
      count = dataset.count * width
    }
  }
}
