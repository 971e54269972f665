import AtollNumerics
import AtollPrivacy

extension FederatedTask {
  /// What is promised of privacy, a sentence each: to whom, against whom, by what, and what it does not cover.
  var promised: [String] {
    guard let privacy else {
      return ["no privacy guarantee: updates are clear to the server, and no noise is added"]
    }
    var lines: [String] = []
    let rounds = roundsWithinBudget
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
    return lines + privacy.exact.map { "not covered, as it is told exactly: \($0.words)" }
  }

  /// The guarantee in one line; nil where nothing is promised.
  public var promise: String? { privacy == nil ? nil : promised.first }

  private func recordPromise(_ privacy: PrivacyPlan) -> [String] {
    [
      privacy.adversary,
      "DP-SGD: gradients of single rows are clipped to \((privacy.clip ?? 1).brief), each row takes part in a step with probability \(privacy.samplingRate.brief), noise multiplier \(privacy.noiseMultiplier.brief), \(Figure.count(privacy.sums, "step")) a round",
      "assumed: which rows took part stays secret, and how many rows there are is known",
    ]
  }

  private func participantPromise(_ privacy: PrivacyPlan) -> [String] {
    if let correlation = privacy.correlation { return correlatedPromise(privacy, correlation) }
    var lines = [
      privacy.adversary,
      "DP-FedAvg: noise of multiplier \(privacy.noiseMultiplier.brief) on the sum of clipped updates, which count all the same",
    ]
    lines.append(
      privacy.samplingRate < 1
        ? "assumed: who is asked, each with probability \(privacy.samplingRate.brief) by a secret coin, stays secret"
        : "assumed: that a participant takes part is known")
    return lines
  }
}

extension FederatedTask {
  private func correlatedPromise(_ privacy: PrivacyPlan, _ correlation: NoiseCorrelation) -> [String] {
    [
      privacy.adversary,
      "DP-FTRL: \(correlation), of multiplier \(privacy.noiseMultiplier.brief) on the sums of clipped updates, which count all the same; what one turn goes into has multiplier \(privacy.noiseOfTurn.floored(digits: 3))",
      "the run is charged as a whole before its first round: one that ends early gives nothing back",
      "assumed: a participant takes part at most \(correlation.turns) \(correlation.turns == 1 ? "time" : "times"), in rounds at least \(correlation.separation) apart; the server keeps the book, and takes everyone in turn, in an order that public coins draw",
      "assumed: that a participant takes part, and when, is known",
    ]
  }
}

extension PrivacyPlan {
  /// Against whom the promise holds, as a sentence without a full stop.
  public var adversary: String {
    switch unit {
    case .record:
      "against everyone, the server and the other participants included: each participant adds the noise itself"
    case .participant:
      "against whoever sees the models, other participants included; not against the server, which sees every update and adds the noise"
    }
  }
}

extension PrivacyPlan.Exact {
  /// What is told.
  public var words: String {
    switch self {
    case .evaluation: "how good models are on held-out rows"
    case .preprocessing: "sums and counts of columns, names of classes and levels"
    }
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
  func ceiled(digits: Int) -> String { rounded(.up, digits: digits) }

  /// Rounded down to so many significant digits: noise is never told larger than it is.
  func floored(digits: Int) -> String { rounded(.down, digits: digits) }

  private func rounded(_ rule: FloatingPointRoundingRule, digits: Int) -> String {
    guard self > 0, isFinite else { return brief }
    var scale = 1.0
    while self * scale < 1 { scale *= 10 }
    while self * scale >= 10 { scale /= 10 }
    for _ in 1..<digits { scale *= 10 }
    return ((self * scale).rounded(rule) / scale).brief
  }
}
