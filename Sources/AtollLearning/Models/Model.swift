public import AtollNumerics

/// What gradient descent can train: ``Network``, or a model of your own (a ``TaskModel``, where a task is to name it).
///
/// Parameters are one flat array in the order of ``layout``. A model holds no parameters itself: it is the formula, and
/// the same value serves every thread.
///
/// > Important: results must be the same bits on every machine. Use `+ - * /`, square roots, `Elementary` and
/// > `Kernels`; never `exp`, `log`, `pow` or `tanh` of the system's library, whose results differ with the processor.
public protocol Model: Sendable {
  /// Names, shapes and order of the parameters. Tensors whose name ends in `bias` are spared by penalties on weights.
  var layout: ParameterLayout { get }

  /// Parameters to start from; zeros unless said otherwise.
  func initialParameters(using coins: inout RandomStream) -> ParameterSet

  /// The loss on some examples, and its derivative by the parameters.
  ///
  /// - Parameters:
  ///   - objective: the task's loss and class weights. A model with a loss of its own may disregard it.
  ///   - batch: the examples.
  ///   - share: what one example's gradient counts: one over the number of examples that the mean is taken over.
  ///   - parameters: `layout.count` numbers.
  ///   - gradient: `layout.count` numbers to which share · Σ ∂(weighted loss) is *added*; nil where only the loss is
  ///     wanted.
  ///   - workspace: memory to compute in.
  /// - Returns: Σ of the examples' weighted losses, not multiplied with `share`.
  func addGradient(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
  ) -> Double

  /// What the model says about each example, row-major: a value, probabilities or scores.
  ///
  /// - Precondition: the examples have the shape that the model was built for.
  func predictions(
    at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace
  ) -> [Float]

  /// The loss of each example, without class weights and penalties: what the metric `loss` is the mean of. By default
  /// what ``addGradient(of:on:share:at:to:using:)`` gives for one example after the other.
  func losses(
    _ loss: Loss, on dataset: Dataset, at parameters: ParameterSet, using workspace: Workspace
  ) -> [Float]
}

extension Model {
  /// Zeros.
  public func initialParameters(using coins: inout RandomStream) -> ParameterSet {
    ParameterSet(zeros: layout)
  }

  /// The loss of each example by itself.
  public func losses(
    _ loss: Loss, on dataset: Dataset, at parameters: ParameterSet, using workspace: Workspace
  ) -> [Float] {
    precondition(parameters.layout == layout, "the parameters are this model's")
    let objective = Objective(loss)
    return parameters.values.withUnsafeBufferPointer { parameters in
      dataset.withBatch { batch in
        (0..<batch.rows).map { row in
          // Safe because every model has a parameter.
          Float(
            addGradient(
              of: objective, on: batch.slice(from: row, count: 1), share: 0, at: parameters.baseAddress!,
              to: nil,
              using: workspace))
        }
      }
    }
  }

  /// Mean loss over a data set, without penalties on the weights; 0 for an empty one.
  public func meanLoss(
    of objective: Objective, on dataset: Dataset, at parameters: ParameterSet, using workspace: Workspace
  ) -> Double {
    precondition(parameters.layout == layout, "the parameters are this model's")
    guard dataset.count > 0 else { return 0 }
    let sum = parameters.values.withUnsafeBufferPointer { parameters in
      dataset.withBatch { batch in
        // Safe because every model has a parameter.
        addGradient(
          of: objective, on: batch, share: 0, at: parameters.baseAddress!, to: nil, using: workspace)
      }
    }
    return sum / Double(dataset.count)
  }
}
