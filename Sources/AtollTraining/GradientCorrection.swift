public import AtollNumerics

/// What a strategy adds to every gradient that a participant takes.
///
/// None of them looks at an example, so that all are lawful under ``LocalTraining/privacy``, where they are added behind the
/// noise: a correction must follow from what participants gave away, as SCAFFOLD's follows from changes of the model.
public enum GradientCorrection: Hashable, Sendable {
  /// Nothing.
  case none
  /// mu · (w − start): the pull of FedProx towards the model that the round began with (Li et al. 2020, eq. 2).
  case proximal(Float)
  /// The same vector each time: c − cᵢ in SCAFFOLD (Karimireddy et al. 2020, eq. 3).
  case control(ParameterSet)
}

extension GradientCorrection {
  /// Adds to the gradient at these weights.
  func add(
    to gradient: UnsafeMutablePointer<Float>, at weights: UnsafePointer<Float>, start: ParameterSet,
    kernels: Kernels
  ) {
    switch self {
    case .none: return
    case .proximal(let mu):
      start.values.withUnsafeBufferPointer { start in
        for index in start.indices { gradient[index] += mu * (weights[index] - start[index]) }
      }
    case .control(let control):
      precondition(control.layout == start.layout, "a control has the shape of the model")
      control.values.withUnsafeBufferPointer { control in
        guard let address = control.baseAddress else { return }
        kernels.axpy(1, address, gradient, count: control.count)
      }
    }
  }
}
