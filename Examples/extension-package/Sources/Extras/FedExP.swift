public import Atoll

/// FedExP: the server goes further than the mean the more the participants' updates disagree.
///
/// Jhunjhunwala, Wang & Joshi, "FedExP: speeding up federated averaging via extrapolation", ICLR 2023
/// (arXiv:2301.09604), Algorithm 1: w ← w + η·Δ̄ with η = max(1, Σ‖Δᵢ‖² / (2·M·(‖Δ̄‖² + ε))), every participant counting
/// the same. Participants send ‖Δᵢ‖² beside Δᵢ; the server learns its sum only.
public struct FedExP: Strategy {
  public static let kind = "fedexp"

  /// Keeps the quotient finite.
  public var epsilon: Double

  public init(epsilon: Double = 1e-3) { self.epsilon = epsilon }

  public var rule: ChangeWithLength { ChangeWithLength() }
  public var weighting: Weighting { .equal }

  public func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    let change = try result.mean(.update)
    let length = change.reduce(0) { $0 + $1 * $1 }
    let rate = max(1, try result.mean(.squaredLength)[0] / (2 * (length + epsilon)))
    model.add(change.map { rate * $0 })
  }
}

/// The participant's half of ``FedExP``: the change of the model, and its squared length.
public struct ChangeWithLength: LocalRule {
  public static let kind = "change-with-length"

  public init() {}

  public func extraSums(count: Int, format: FixedPoint) -> [SumSpec] {
    [SumSpec(.squaredLength, count: 1, format: format)]
  }

  public func update(_ session: inout LocalSession) throws -> LocalUpdate {
    let change = (try session.train().parameters - session.start).values
    return LocalUpdate(update: change, extras: [.squaredLength: [change.reduce(0) { $0 + $1 * $1 }]])
  }
}

extension SumSpec.Name {
  /// Σ of the squared lengths of the participants' changes.
  public static let squaredLength = Self(rawValue: "squared-length")
}
