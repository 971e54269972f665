extension Form where Value == ProtectionPlan {
  static let protection = record(
    ProtectionPlan(), later: ["secure-aggregation", "compression", "noise"],
    [
      Field(
        "clip", \.clip, .clip, .absent("updates are not clipped"),
        "largest L2 norm of an update; longer ones are shortened to it"),
      Field(
        "range", \.range, .number(.above(0)),
        "without clip: largest magnitude of one number of an update; beyond it the update is refused"),
      Field(
        "fraction-bits", \.fractionBits, .integer(0...50),
        "updates are added as multiples of 2^-fraction-bits"),
      Field("weight-cap", \.weightCap, .integer(1...(1 << 40)), "largest weight of a participant"),
    ])
}

extension Form where Value == Clipping {
  private static let adaptive = Form<Clipping>.variant([
    Variant(
      "adaptive", "it follows a quantile of the norms (Andrew et al. 2021); needs privacy",
      Parameter("initial", .number(.above(0)), 0.1, "norm of the first round"),
      Parameter("quantile", .number(.within(0...1)), 0.5, "part of updates that are not shortened"),
      Parameter("rate", .number(.above(0)), 0.2, "how fast the norm follows"),
      make: { .adaptive(AdaptiveClipping(initial: $0, quantile: $1, rate: $2)) },
      take: {
        guard case .adaptive(let own) = $0 else { return nil }
        return (own.initial, own.quantile, own.rate)
      })
  ])

  fileprivate static let clip = either(
    Alternative(Form<Double>.number(.above(0)), make: { .fixed($0) }) {
      if case .fixed(let norm) = $0 { norm } else { nil }
    },
    Alternative(adaptive, make: { $0 }) { if case .adaptive = $0 { $0 } else { nil } })
}
