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
  var mechanism: NoiseCorrelation.Mechanism?
  var separation: Int?
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
    mechanism = plan.correlation?.mechanism
    separation = plan.correlation?.separation
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
        "mechanism", \.mechanism, .mechanism, .absent("each round has noise of its own"),
        "unit participant: how the noise of rounds is correlated, so that it cancels in what they add up to"),
      Field(
        "separation", \.separation, .integer(2...1 << 20),
        .derived("as many rounds as federation.cohort takes to come round to everyone"),
        "with a mechanism: rounds from one turn of a participant to the next, at the least"),
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

extension Form where Value == NoiseCorrelation.Mechanism {
  fileprivate static let mechanism = variant([
    Variant(
      "tree", .tree, "noise in a binary tree for each pass (DP-FTRL: Kairouz et al. 2021; Honaker 2015)"),
    Variant(
      "banded", "noise that takes back a part of that of earlier rounds (Choquette-Choo et al. 2023)",
      Parameter(
        "bands", .integer(1...1 << 20), nil,
        "rounds that hang together: more cancel more, take more memory, and reach no further back than a turn"
      ),
      make: { .banded(bands: $0) }, take: { if case .banded(let bands) = $0 { bands } else { nil } }),
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
