import AtollNumerics

extension Stage {
  /// Bytes that say which element of each window was the largest, for one example.
  var choiceCount: Int {
    switch self {
    case .convolutionPool(_, let pool), .maxPool(let pool): pool.outCount
    case .dense, .convolution, .activation: 0
    }
  }
}

extension Network {
  /// Where the intermediate results of some examples lie in a workspace.
  struct Memory {
    let rows: Int
    let values: UnsafeMutablePointer<Float>
    /// Derivatives by the results of two neighbouring stages, taken in turn.
    let slopes: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    let losses: UnsafeMutablePointer<Float>
    let scale: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let choices: UnsafeMutablePointer<UInt8>

    init(for network: borrowing Network, rows: Int, in workspace: Workspace) {
      // Whole cache lines, so that areas do not share one.
      func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
      let values = aligned(network.valuesPerRow * rows)
      let slopes = aligned(network.widestRow * rows)
      let row = aligned(rows)
      // Losses keep one number for each example in scratch, or what softmax needs.
      var scratch = max(
        rows, Kernels.softmaxScratch(batch: rows, classes: network.architecture.outputCount))
      for step in network.steps { scratch = max(scratch, step.stage.scratch(rows: rows)) }
      self.rows = rows
      self.values = workspace.floats(values + 2 * slopes + 2 * row + scratch)
      self.slopes = (self.values + values, self.values + values + slopes)
      losses = self.slopes.1 + slopes
      scale = losses + row
      self.scratch = scale + row
      choices = workspace.bytes(network.choicesPerRow * rows)
    }

    func values(of step: Step) -> UnsafeMutablePointer<Float> { values + step.values * rows }
    func choices(of step: Step) -> UnsafeMutablePointer<UInt8> { choices + step.choices * rows }

    func outputs(of network: Network) -> UnsafeMutablePointer<Float> {
      values(of: network.steps[network.steps.count - 1])
    }
  }

  /// Where the backward pass leaves what it finds.
  enum Destination {
    /// Adds the gradient to this.
    case gradient(UnsafeMutablePointer<Float>)
    /// Subtracts rate · gradient from the parameters themselves.
    case parameters(UnsafeMutablePointer<Float>, rate: Float, spare: UnsafeMutablePointer<Float>)
  }

  func forward(_ batch: Batch, at parameters: UnsafePointer<Float>, memory: Memory) {
    var x = batch.features
    let rows = batch.rows
    for step in steps {
      let y = memory.values(of: step)
      let weights = parameters + step.weights
      let bias = parameters + step.bias
      switch step.stage {
      case .dense(let inputs, let outputs):
        kernels.denseForward(
          x: x, weights: weights, bias: bias, y: y, batch: rows, inputs: inputs, outputs: outputs,
          scratch: memory.scratch)
      case .convolution(let shape, let relu):
        kernels.convolutionForward(
          x: x, weights: weights, bias: bias, y: y, shape: shape, batch: rows, relu: relu,
          scratch: memory.scratch)
      case .convolutionPool(let shape, let pool):
        kernels.convolutionPoolForward(
          x: x, weights: weights, bias: bias, y: y, choice: memory.choices(of: step), shape: shape,
          pool: pool,
          batch: rows, scratch: memory.scratch)
      case .maxPool(let pool):
        kernels.maxPoolForward(x: x, y: y, choice: memory.choices(of: step), shape: pool, batch: rows)
      case .activation(.relu, let count): kernels.relu(x, y, count: rows * count)
      case .activation(.tanh, let count): kernels.tanh(x, y, count: rows * count)
      case .activation(.sigmoid, let count): kernels.sigmoid(x, y, count: rows * count)
      }
      x = UnsafePointer(y)
    }
  }

  /// Forward pass and losses; with `slopes`, also the derivatives of share · Σ losses by the outputs.
  ///
  /// - Returns: Σ of the weighted losses, added in the order of the examples.
  func losses(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    memory: Memory, slopes: Bool
  ) -> Double {
    precondition(batch.width == architecture.inputCount, "the examples have the shape of the model's input")
    forward(batch, at: parameters, memory: memory)
    let width = architecture.outputCount
    objective.fillScale(for: batch, share: share, classes: max(2, width), into: memory.scale)
    objective.loss.evaluate(
      memory.outputs(of: self), width: width, targets: batch.targets, scale: memory.scale, rows: batch.rows,
      losses: memory.losses, slopes: slopes ? memory.slopes.0 : nil, scratch: memory.scratch, kernels: kernels
    )
    return objective.sum(memory.losses, of: batch)
  }

  /// Follows the derivatives in `memory.slopes.0` back through the stages.
  func backward(
    _ batch: Batch, at parameters: UnsafePointer<Float>, memory: Memory, to destination: Destination
  ) {
    let rows = batch.rows
    var (d, next) = memory.slopes
    for index in steps.indices.reversed() where index >= firstTrained {
      let step = steps[index]
      let x = index == 0 ? batch.features : UnsafePointer(memory.values(of: steps[index - 1]))
      let y = memory.values(of: step)
      let dx = index == firstTrained ? nil : next
      let weights = parameters + step.weights
      switch step.stage {
      case .dense(let inputs, let outputs):
        let (target, factor) = destination.dense
        kernels.denseBackward(
          x: x, weights: weights, d: d, factor: factor, dx: dx, target: target + step.weights,
          targetBias: target + step.bias, batch: rows, inputs: inputs, outputs: outputs,
          scratch: memory.scratch)
      case .convolution(let shape, let relu):
        if relu { kernels.reluBackward(y: y, d: d, dx: d, count: rows * shape.outCount) }
        destination.convolution(step, shape, kernels) { dWeights, dBias in
          kernels.convolutionBackward(
            x: x, weights: weights, d: d, dx: dx, dWeights: dWeights, dBias: dBias, shape: shape, batch: rows,
            scratch: memory.scratch)
        }
      case .convolutionPool(let shape, let pool):
        destination.convolution(step, shape, kernels) { dWeights, dBias in
          kernels.convolutionPoolBackward(
            x: x, weights: weights, y: y, choice: memory.choices(of: step), d: d, dx: dx, dWeights: dWeights,
            dBias: dBias, shape: shape, pool: pool, batch: rows, scratch: memory.scratch)
        }
      case .maxPool, .activation:
        backward(step, d: d, dx: next, rows: rows, memory: memory)
        // In place: an elementwise derivative needs no second area.
        if case .activation = step.stage { continue }
      }
      swap(&d, &next)
    }
  }

  /// The derivative of a stage without weights: an activation's takes the place of `d`, pooling's goes to `dx`.
  func backward(
    _ step: Step, d: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>, rows: Int, memory: Memory
  ) {
    let y = memory.values(of: step)
    switch step.stage {
    case .maxPool(let pool):
      kernels.maxPoolBackward(d: d, choice: memory.choices(of: step), dx: dx, shape: pool, batch: rows)
    case .activation(.relu, let count): kernels.reluBackward(y: y, d: d, dx: d, count: rows * count)
    case .activation(.tanh, let count): kernels.tanhBackward(y: y, d: d, dx: d, count: rows * count)
    case .activation(.sigmoid, let count): kernels.sigmoidBackward(y: y, d: d, dx: d, count: rows * count)
    case .dense, .convolution, .convolutionPool:
      preconditionFailure("a layer with weights has a pass of its own")
    }
  }
}

extension Network.Destination {
  fileprivate var dense: (target: UnsafeMutablePointer<Float>, factor: Float) {
    switch self {
    case .gradient(let gradient): (gradient, 1)
    case .parameters(let parameters, let rate, _): (parameters, -rate)
    }
  }

  /// Convolutions add a plain gradient; it is small, and goes into the parameters afterwards.
  fileprivate func convolution(
    _ step: Network.Step, _ shape: ConvolutionShape, _ kernels: Kernels,
    add: (_ dWeights: UnsafeMutablePointer<Float>, _ dBias: UnsafeMutablePointer<Float>) -> Void
  ) {
    switch self {
    case .gradient(let gradient): add(gradient + step.weights, gradient + step.bias)
    case .parameters(let parameters, let rate, let spare):
      // The bias lies behind the weights.
      let count = shape.weightCount + shape.outChannels
      (spare + step.weights).update(repeating: 0, count: count)
      add(spare + step.weights, spare + step.bias)
      kernels.axpy(-rate, spare + step.weights, parameters + step.weights, count: count)
    }
  }
}
