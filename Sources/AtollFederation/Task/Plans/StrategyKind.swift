/// How the participants' updates become the next global model. Each kind is one file of `Strategies`.
public enum StrategyKind: Hashable, Codable, Sendable {
  /// Federated averaging (McMahan et al. 2017, Algorithm 1).
  case fedAvg(weights: Weighting)
  /// One full-batch gradient step at each participant (McMahan et al. 2017, §2).
  case fedSGD
  /// FedAvg whose participants are held near the global model by ½·mu·‖w − w₀‖² (Li et al. 2020).
  case fedProx(mu: Double)
  /// FedAvg with momentum at the server (Hsu, Qi & Brown 2019).
  case fedAvgM(learningRate: Double, momentum: Double)
  /// Adam at the server (Reddi et al. 2021, Algorithm 2).
  case fedAdam(learningRate: Double, beta1: Double, beta2: Double, tau: Double)
  /// Adagrad at the server (Reddi et al. 2021, Algorithm 2); it forgets nothing, so there is no beta2.
  case fedAdagrad(learningRate: Double, beta1: Double, tau: Double)
  /// Yogi at the server (Reddi et al. 2021, Algorithm 2).
  case fedYogi(learningRate: Double, beta1: Double, beta2: Double, tau: Double)
  /// Control variates against drift (Karimireddy et al. 2020, Algorithm 1).
  case scaffold(learningRate: Double)

  /// How much an update counts in the mean.
  public var weighting: Weighting {
    switch self {
    case .fedAvg(let weights): weights
    case .scaffold: .equal
    case .fedSGD, .fedProx, .fedAvgM, .fedAdam, .fedAdagrad, .fedYogi: .rows
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
    }
  }
}
