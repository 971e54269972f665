import AtollNumerics
import AtollPrivacy

extension FederatedTask {
  /// What is promised of privacy, a sentence each: to whom, against whom, by what, and what it does not cover.
  var promised: [String] {
    guard let privacy else {
      return ["no privacy guarantee: updates are clear to the server, and no noise is added"]
    }
    var lines: [String] = []
    let rounds = roundsWithinBudget(of: privacy)
    do throws(PrivacyError) {
      let guarantee = try privacy.guarantee(rounds: rounds)
      lines.append(
        "at most ε \(guarantee.epsilon.ceiled(digits: 3)) at δ \(privacy.delta.brief) for each \(privacy.unit.inWords), after \(Figure.count(rounds, "round")); relation \(guarantee.relation), accountant \(guarantee.accountant)"
      )
    } catch {
      lines.append("no accountant can tell: \(error.message)")
    }
    if rounds < federation.rounds {
      lines.append(
        "round \(rounds + 1) would exceed ε \(privacy.epsilon?.brief ?? ""): the run stops before it, with the model of round \(rounds)"
      )
    }
    lines += privacy.unit == .record ? recordPromise(privacy) : participantPromise(privacy)
    for exact in privacy.exact {
      switch exact {
      case .evaluation:
        lines.append("not covered, as it is told exactly: how good models are on held-out rows")
      case .preprocessing:
        lines.append(
          "not covered, as it is told exactly: sums and counts of columns, names of classes and levels")
      }
    }
    return lines
  }

  /// The guarantee in one line; nil where nothing is promised.
  public var promise: String? { privacy == nil ? nil : promised.first }

  private func recordPromise(_ privacy: PrivacyPlan) -> [String] {
    [
      "against everyone, the server and the other participants included: each participant adds the noise itself",
      "DP-SGD: gradients of single rows are clipped to \((privacy.clip ?? 1).brief), each row takes part in a step with probability \(privacy.samplingRate.brief), noise multiplier \(privacy.noiseMultiplier.brief), \(Figure.count(privacy.sums, "step")) a round",
      "assumed: which rows took part stays secret, and how many rows there are is known",
    ]
  }

  private func participantPromise(_ privacy: PrivacyPlan) -> [String] {
    var lines = [
      "against whoever sees the models, other participants included; not against the server, which sees every update and adds the noise",
      "DP-FedAvg: noise of multiplier \(privacy.noiseMultiplier.brief) on the sum of clipped updates, which count all the same",
    ]
    lines.append(
      privacy.samplingRate < 1
        ? "assumed: who is asked, each with probability \(privacy.samplingRate.brief) by a secret coin, stays secret"
        : "assumed: that a participant takes part is known")
    return lines
  }

  /// How many rounds there will be.
  private func roundsWithinBudget(of privacy: PrivacyPlan) -> Int {
    guard let epsilon = privacy.epsilon else { return federation.rounds }
    func fits(_ rounds: Int) -> Bool {
      guard let guarantee = try? privacy.guarantee(rounds: rounds) else { return false }
      return guarantee.epsilon <= epsilon
    }
    var (low, high) = (0, federation.rounds + 1)
    if fits(federation.rounds) { return federation.rounds }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
  }
}

extension PrivacyUnit {
  fileprivate var inWords: String {
    switch self {
    case .record: "row of a participant"
    case .participant: "participant with all that it has"
    }
  }
}

extension Double {
  /// Rounded up to so many significant digits: ε is never told smaller than it is.
  fileprivate func ceiled(digits: Int) -> String {
    guard self > 0, isFinite else { return brief }
    var scale = 1.0
    while self * scale < 1 { scale *= 10 }
    while self * scale >= 10 { scale /= 10 }
    for _ in 1..<digits { scale *= 10 }
    return ((self * scale).rounded(.up) / scale).brief
  }
}
