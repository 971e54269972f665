/// How the participants' updates become the next global model. Each kind is one file of `Strategies`.
///
/// ```swift
/// let strategies: [StrategyKind] = [.fedAvg(), .fedProx(mu: 0.1), .fedAdam(learningRate: 0.1), .scaffold()]
/// ```
public enum StrategyKind: Hashable, Sendable {
  /// Federated averaging (McMahan et al. 2017, Algorithm 1).
  case fedAvg(weights: Weighting = .rows)
  /// One full-batch gradient step at each participant (McMahan et al. 2017, §2).
  case fedSGD
  /// FedAvg whose participants are held near the global model by ½·mu·‖w − w₀‖² (Li et al. 2020).
  case fedProx(mu: Double = 0.01)
  /// FedAvg with momentum at the server (Hsu, Qi & Brown 2019).
  case fedAvgM(learningRate: Double = 1, momentum: Double = 0.9)
  /// Adam at the server (Reddi et al. 2021, Algorithm 2).
  case fedAdam(learningRate: Double = 0.01, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double = 1e-3)
  /// Adagrad at the server (Reddi et al. 2021, Algorithm 2); it forgets nothing, so there is no beta2.
  case fedAdagrad(learningRate: Double = 0.01, beta1: Double = 0, tau: Double = 1e-3)
  /// Yogi at the server (Reddi et al. 2021, Algorithm 2).
  case fedYogi(learningRate: Double = 0.01, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double = 1e-3)
  /// Control variates against drift (Karimireddy et al. 2020, Algorithm 1).
  case scaffold(learningRate: Double = 1)
  /// A strategy that is not among Atoll's own: see ``own(_:)-swift.type.method``.
  case own(OwnStrategy)

  /// A strategy of your own.
  public static func own(_ strategy: some Strategy) -> StrategyKind { .own(OwnStrategy(strategy)) }

  /// The names of Atoll's own strategies.
  public static let names = [
    "fedavg", "fedsgd", "fedprox", "fedavgm", "fedadam", "fedadagrad", "fedyogi", "scaffold",
  ]

  /// How much an update counts in the mean.
  public var weighting: Weighting {
    switch self {
    case .fedAvg(let weights): weights
    case .scaffold: .equal
    case .fedSGD, .fedProx, .fedAvgM, .fedAdam, .fedAdagrad, .fedYogi: .rows
    case .own(let own): own.strategy.weighting
    }
  }

  /// Its name in task files and reports.
  public var name: String {
    switch self {
    case .fedAvg: "fedavg"
    case .fedSGD: "fedsgd"
    case .fedProx: "fedprox"
    case .fedAvgM: "fedavgm"
    case .fedAdam: "fedadam"
    case .fedAdagrad: "fedadagrad"
    case .fedYogi: "fedyogi"
    case .scaffold: "scaffold"
    case .own(let own): own.kind
    }
  }
}
