import AtollPrivacy

/// The section `privacy` as it is written: noise that is left out follows from ε.
struct PrivacyDraft: Sendable {
  var unit: PrivacyUnit = .participant
  var epsilon: Double?
  var delta = 1e-5
  var noiseMultiplier: Double?
  var clip: Double?
  var samplingRate: Double?
  var exact: [PrivacyPlan.Exact] = []
}

extension PrivacyDraft {
  /// As a file would write a plan, with nothing left to be derived.
  init(_ plan: PrivacyPlan) {
    unit = plan.unit
    epsilon = plan.epsilon
    delta = plan.delta
    noiseMultiplier = plan.noiseMultiplier
    clip = plan.clip
    samplingRate = plan.unit == .record ? plan.samplingRate : nil
    exact = plan.exact
  }
}

extension Form where Value == PrivacyDraft {
  static let privacy = record(
    PrivacyDraft(),
    [
      Field("unit", \.unit, .choice { $0.meaning }, "whose data are protected"),
      Field(
        "epsilon", \.epsilon, .number(.above(0)), .absent("noise-multiplier alone decides"),
        "what a run may give away at most; it stops before"),
      Field(
        "delta", \.delta, .number(.above(0, upTo: 0.5)),
        "probability with which epsilon need not hold; well below 1 by the number of units"),
      Field(
        "noise-multiplier", \.noiseMultiplier, .number(.within(0.001...1e6)),
        .derived("as much as all rounds within epsilon take"),
        "standard deviation of the noise, by the most that one unit changes the sum"),
      Field(
        "clip", \.clip, .number(.within(1e-9...1e9)),
        .derived("1 for records; participants have protection.clip"),
        "unit record: L2 norm to which the gradient of each row is clipped"),
      Field(
        "sampling-rate", \.samplingRate, .number(.within(1e-12...1)),
        .derived("0.05 for records; participants have federation.cohort"),
        "unit record: probability with which a row takes part in a step, by a secret coin"),
      Field(
        "exact", \.exact, .list(of: .choice { $0.meaning }, isUnique: true),
        "what may be told without noise, outside the guarantee"),
    ])
}

extension PrivacyUnit {
  var meaning: String {
    switch self {
    case .record: "each row of a participant, which adds the noise itself (DP-SGD: Abadi et al. 2016)"
    case .participant: "all rows of a participant; the server adds the noise (DP-FedAvg: McMahan et al. 2018)"
    }
  }
}

extension PrivacyPlan.Exact {
  var meaning: String {
    switch self {
    case .evaluation: "figures of the model on held-out rows"
    case .preprocessing: "sums and counts of columns, and the names of classes and categories"
    }
  }
}
