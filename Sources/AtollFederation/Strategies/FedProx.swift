public import AtollNumerics
import AtollTraining

/// FedAvg whose participants are held near the global model by a proximal term ½·mu·‖w − w₀‖² in their loss.
///
/// Li, Sahu, Zaheer, Sanjabi, Talwalkar & Smith, "Federated optimization in heterogeneous networks", MLSys 2020,
/// Algorithm 2. Deviations: weighted by rows as FedAvg; all participants do the same amount of work.
public struct FedProx: Strategy, Hashable {
  /// How strongly participants are held.
  public let mu: Double
  public var rule: ProximalTraining { ProximalTraining(mu: mu) }

  /// - Precondition: `mu >= 0`; 0 is FedAvg.
  public init(mu: Double) {
    precondition(mu >= 0, "the proximal term pulls towards the global model")
    self.mu = mu
  }

  public func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    model.add(try result.mean(.update))
  }
}

/// The participant's half of ``FedProx``.
public struct ProximalTraining: LocalRule {
  public static let kind = "proximal"
  /// How strongly the model is held.
  public let mu: Double

  public init(mu: Double) { self.mu = mu }

  public func update(_ session: inout LocalSession) throws -> LocalUpdate {
    LocalUpdate(update: try session.train(correction: correction).change(from: session.start))
  }
}

extension ProximalTraining: PlainRule {
  var correction: GradientCorrection { .proximal(Float(mu)) }
}
