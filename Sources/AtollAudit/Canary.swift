import AtollFederation
import AtollLearning
import AtollNumerics

/// A row that is made up so that what is learnt from it is easily told: a single input is large, all others are zero.
///
/// The gradient of such a row is long, so that clipping leaves as much of it as it leaves of any, and points where few others
/// do, those of an input layer's weights of one input.
struct Canary: Sendable {
  /// Whose row it is, or whose only rows are copies of it.
  let owner: ParticipantID
  /// The row by itself.
  let row: Dataset

  /// So far from zero is no scaled column and no pixel.
  static let size: Float = 8

  /// - Parameters:
  ///   - owner: whose row it is.
  ///   - input: which input is large.
  ///   - isPositive: one class or the other, or a target that is large or small.
  init(_ owner: ParticipantID, input: Int, isPositive: Bool, like architecture: ModelArchitecture) {
    self.owner = owner
    var features = [Float](repeating: 0, count: architecture.inputCount)
    features[input] = Self.size
    row = Dataset(
      inputShape: architecture.inputShape, features: features,
      targets: architecture.classes.map { .classes([isPositive ? Int32($0 - 1) : 0], count: $0) }
        ?? .values([isPositive ? Self.size : -Self.size]))
  }

  /// The row that contributes nothing: its gradient is no number, so that clipping leaves it out.
  var silenced: Dataset {
    Dataset(
      inputShape: row.inputShape, features: row.features.map { _ in .nan }, targets: row.targets)
  }
}

/// What a model is made to say of single rows.
struct RowProbe {
  private let model: any Model
  private let objective: Objective
  private let workspace = Workspace()

  init(_ architecture: ModelArchitecture, _ loss: Loss) {
    model = architecture.model
    objective = Objective(loss)
  }

  /// The gradient of a row's loss.
  func gradient(of row: Dataset, at parameters: ParameterSet) -> [Float] {
    var gradient = [Float](repeating: 0, count: parameters.values.count)
    parameters.values.withUnsafeBufferPointer { parameters in
      row.withBatch { batch in
        // Safe because every model has a parameter.
        _ = model.addGradient(
          of: objective, on: batch, share: 1, at: parameters.baseAddress!, to: &gradient, using: workspace)
      }
    }
    return gradient
  }

  /// The loss of each row.
  func losses(of rows: Dataset, at parameters: ParameterSet) -> [Double] {
    model.losses(objective.loss, on: rows, at: parameters, using: workspace).map(Double.init)
  }

  /// Whether a row counts for nothing once gradients are clipped one by one.
  func isSilent(_ row: Dataset, at parameters: ParameterSet) -> Bool {
    let clipping = gradientClipping(of: model, kernels: .active)
    var sum = [Float](repeating: 0, count: parameters.values.count)
    parameters.values.withUnsafeBufferPointer { parameters in
      row.withBatch { batch in
        // Safe as above.
        clipping.sum(
          of: objective, on: batch, clippingNorm: 1, at: parameters.baseAddress!, into: &sum)
      }
    }
    return sum.allSatisfy { $0 == 0 }
  }
}

/// −⟨update, gradient⟩/‖gradient‖: how far an update goes the way that a row wants.
func progress(_ update: some Collection<Float>, against gradient: [Float]) -> Double {
  let length = norm(gradient)
  guard length > 0 else { return 0 }
  return -zip(update, gradient).reduce(0) { $0 + Double($1.0) * Double($1.1) } / length
}

/// The Euclidean norm.
func norm(_ vector: [Float]) -> Double {
  vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}
