import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining

extension TaskResolver {
  /// What the section `privacy` promises; nil where there is none, or after problems were reported. Where records are
  /// protected, training takes up how.
  mutating func privacy(_ training: inout LocalTraining, data: DataPlan) -> PrivacyPlan? {
    guard let written = draft.privacy else {
      refuseWithoutPrivacy()
      return nil
    }
    let before = reader.problems.count
    checkLeaks(written, training: training, data: data)
    let rates: (rate: Double, sums: Int)
    let correlation = correlation(written, data: data)
    switch written.unit {
    case .participant:
      checkParticipantPrivacy(written)
      var rate = 1.0
      if case .poisson(let own) = draft.federation.cohort { rate = own }
      rates = (rate, 1)
    case .record:
      checkRecordPrivacy(written)
      let rate = written.samplingRate ?? 0.05
      switch training.amount {
      case .steps(let steps): rates = (rate, steps)
      case .epochs(let epochs): rates = (rate, max(1, Int((Double(epochs) / rate).rounded())))
      }
    }
    guard reader.problems.count == before,
      let noise = noise(written, samplingRate: rates.rate, sums: rates.sums, correlation: correlation)
    else { return nil }
    let plan = PrivacyPlan(
      unit: written.unit, epsilon: written.epsilon, delta: written.delta, noiseMultiplier: noise,
      samplingRate: rates.rate, sums: rates.sums, clip: written.unit == .record ? written.clip ?? 1 : nil,
      exact: PrivacyPlan.Exact.allCases.filter(written.exact.contains), correlation: correlation)
    do {
      // What is not lawful is found now, not in a round.
      _ = try plan.charge
      // A run that is charged as a whole does not stop before its ε: it does not begin.
      if correlation != nil, let epsilon = written.epsilon {
        let spent = try plan.guarantee(rounds: draft.federation.rounds).epsilon
        guard spent <= epsilon else {
          conflict(
            "noise multiplier \(noise.brief) gives ε \(spent.ceiled(digits: 3)) over \(Figure.count(draft.federation.rounds, "round")), above \(epsilon.brief), and the run is charged as a whole",
            at: "privacy.noise-multiplier", "privacy.epsilon",
            suggestion: "remove noise-multiplier, and it follows from epsilon")
          return nil
        }
      }
      if let clip = plan.clip {
        training.privacy = try RecordPrivacy(
          clippingNorm: clip, noiseMultiplier: noise, samplingRate: plan.samplingRate, steps: plan.sums)
      } else {
        let round = try draft.protection.round(plan)
        // Of all models, one with a single number has the narrowest noise.
        let clip = draft.protection.clip?.initial ?? 1
        let grid = try CentralNoise.grid(
          multiplier: round.pipeline.noise?.multiplier ?? noise, clip: clip, format: round.format, count: 1)
        if let correlation {
          let gaussian = try GridGaussian(
            sensitivity: grid.width / noise, noiseMultiplier: noise, fractionBits: round.format.fractionBits)
          _ = try correlation.noise(gaussian, count: 1, after: nil)
        }
      }
    } catch {
      conflict(
        "there is no such noise: \((error as? PrivacyError)?.message ?? "\(error)")",
        at: "privacy.noise-multiplier",
        "privacy.epsilon", "privacy", suggestion: "take other noise, or another clip")
      return nil
    }
    return plan
  }

  /// How noise is correlated over rounds; nil where it is not, or after problems were reported.
  private mutating func correlation(_ written: PrivacyDraft, data: DataPlan) -> NoiseCorrelation? {
    guard let mechanism = written.mechanism else {
      if written.separation != nil {
        conflict(
          "privacy.separation is about noise that is correlated over rounds, and each round has its own",
          at: "privacy.separation", suggestion: "remove the key, or add mechanism: tree")
      }
      return nil
    }
    let before = reader.problems.count
    if written.unit == .record {
      conflict(
        "a mechanism over rounds is for noise that the server adds, and with unit: record each participant adds its own",
        at: "privacy.mechanism", suggestion: "write unit: participant, or remove the key")
    }
    if case .adaptive = draft.protection.clip {
      conflict(
        "clip follows the norms, so that each round has noise of another width, and noise that cancels over rounds has one",
        at: "protection.clip", suggestion: "give a number")
    }
    guard let share = draft.federation.cohort.share else {
      conflict(
        "secret coins may ask a participant in two rounds that follow each other, and noise that is correlated over rounds counts on turns that lie apart",
        at: "federation.cohort", suggestion: "write a fraction or a number: everyone is asked in turn")
      return nil
    }
    guard reader.problems.count == before, let separation = separation(written, share, data: data) else {
      return nil
    }
    let rounds = draft.federation.rounds
    if case .banded(let bands) = mechanism, bands > min(separation, rounds) {
      conflict(
        bands > rounds
          ? "\(bands) bands, but there are \(Figure.count(rounds, "round"))"
          : "\(bands) bands reach further back than the turns of a participant are apart, \(separation) rounds",
        at: "privacy.mechanism.bands", "privacy.mechanism",
        suggestion: "take at most \(min(separation, rounds)) bands, or a smaller federation.cohort")
      return nil
    }
    do throws(PrivacyError) {
      return try NoiseCorrelation(mechanism, rounds: rounds, separation: separation)
    } catch {
      conflict("there is no such mechanism: \(error.message)", at: "privacy.mechanism")
      return nil
    }
  }

  /// Rounds between two turns of a participant at the least: what is written and the cohort allows, or what the cohort gives.
  private mutating func separation(_ written: PrivacyDraft, _ share: Share, data: DataPlan) -> Int? {
    let population = draft.federation.participants?.count ?? data.participantCount
    let given: Int? =
      switch (population, share) {
      // More is not needed, and a mechanism has no more rounds.
      case (let population?, _): min(share.separation(of: population), 1 << 20)
      // Rounded down, a fraction q of any number N is at most q·N.
      case (nil, .fraction(let part)): Int(min(1 / part, 0x1p20))
      case (nil, .count): nil
      }
    if let given, given < 2 {
      conflict(
        "so many are asked that a participant takes part in each round, and noise that is correlated over rounds has nothing to cancel",
        at: "federation.cohort", "privacy.mechanism",
        suggestion: "write cohort: 0.1, or remove privacy.mechanism")
      return nil
    }
    guard let own = written.separation else {
      if given == nil {
        missing(
          "separation", under: "privacy",
          because:
            "how many participants there are is not known yet, nor how far apart the turns of one will be",
          suggestion: "add separation: 20, or write federation.cohort as a fraction")
      }
      return given
    }
    if let given, own > given {
      conflict(
        "turns of a participant are \(own) rounds apart, but with this cohort they come every \(given)",
        at: "privacy.separation", suggestion: "take at most \(given), or a smaller federation.cohort")
      return nil
    }
    return own
  }

  /// What means something only with a promise of privacy.
  private mutating func refuseWithoutPrivacy() {
    let add = "add privacy: {unit: participant, epsilon: …}"
    if case .poisson = draft.federation.cohort {
      conflict(
        "who is asked is kept secret for the sake of privacy alone, and no privacy is promised",
        at: "federation.cohort", suggestion: "write a fraction, or \(add)")
    }
    if case .adaptive = draft.protection.clip {
      conflict(
        "clip follows the norms by a sum with noise, and no privacy is promised", at: "protection.clip",
        suggestion: "give a number, or \(add)")
    }
  }

  /// What would be told exactly has to be named.
  private mutating func checkLeaks(_ written: PrivacyDraft, training: LocalTraining, data: DataPlan) {
    func exact(_ what: PrivacyPlan.Exact) -> String {
      let all = PrivacyPlan.Exact.allCases.filter { written.exact.contains($0) || $0 == what }
      return "exact: [\(all.map(\.rawValue).joined(separator: ", "))]"
    }
    if !written.exact.contains(.preprocessing) {
      let reason: String? =
        if !data.isImages, !isDeclared(data) {
          "columns are looked at without noise, before the first round"
        } else if training.classWeights == .balanced {
          "class-weights: balanced counts rows without noise"
        } else { nil }
      if let reason {
        // The unit of a label of numbers is computed in any case.
        let isDeclarable = !data.isImages && draft.kind == .classification
        conflict(
          reason + ", which no guarantee covers", at: "privacy.exact", "privacy",
          suggestion: "add \(exact(.preprocessing)) if it may be so"
            + (isDeclarable
              ? ", or declare bounds, levels and classes, and preprocess: {missing: drop, scale: bounds}"
              : ""))
      }
    }
    if !written.exact.contains(.evaluation), data.test != .fraction(0) {
      conflict(
        "models are judged on held-out rows without noise, which no guarantee covers", at: "privacy.exact",
        "privacy", suggestion: "add \(exact(.evaluation)) if it may be so, or hold out nothing: data.test: 0")
    }
  }

  /// Whether columns become numbers without a look at any row.
  private mutating func isDeclared(_ data: DataPlan) -> Bool {
    guard let kind = draft.kind else { return false }
    do {
      return try data.declaredPreprocessing(of: kind) != nil
    } catch {
      conflict(
        "what is declared of columns contradicts itself: \(error.message)", at: "data.features", "data")
      return true
    }
  }

  private mutating func checkParticipantPrivacy(_ written: PrivacyDraft) {
    if draft.protection.clip == nil {
      missing(
        "clip", under: "protection", because: "without it nothing bounds what a participant changes",
        suggestion: "add protection: {clip: 1.0}")
    }
    for (key, isWritten) in [("clip", written.clip != nil), ("sampling-rate", written.samplingRate != nil)]
    where isWritten {
      conflict(
        "privacy.\(key) is about single rows, and the unit is participant", at: "privacy.\(key)",
        suggestion: key == "clip" ? "write protection.clip" : "write federation.cohort: {poisson: …}")
    }
    switch draft.federation.strategy {
    case .scaffold, .own:
      conflict(
        "\(draft.federation.strategy.name) may send sums that have no noise", at: "federation.strategy",
        suggestion: "take fedavg")
    case .fedAvg(weights: .rows) where reader.isWritten("federation.strategy.weights"):
      conflict(
        "with privacy for participants every update counts the same: how many rows there are would tell",
        at: "federation.strategy.weights", suggestion: "write weights: equal, or remove the key")
    default: break
    }
    if case .buffered = draft.federation.mode {
      conflict("privacy is not accounted for in the buffered mode", at: "federation.mode", "privacy")
    }
  }

  private mutating func checkRecordPrivacy(_ written: PrivacyDraft) {
    switch draft.federation.strategy {
    case .fedSGD, .own:
      conflict(
        "\(draft.federation.strategy.name) may send what was computed from rows without noise",
        at: "federation.strategy", suggestion: "take fedavg")
    default: break
    }
    if draft.training.optimizer == .gradientDescent {
      conflict(
        "gd takes each step over all rows, and rows are drawn by privacy.sampling-rate",
        at: "training.optimizer", suggestion: "take sgd, with sampling-rate: 1 for all rows")
    }
    if reader.isWritten("training.batch-size") {
      conflict(
        "rows are drawn by privacy.sampling-rate; training.batch-size would mean nothing",
        at: "training.batch-size", suggestion: "remove the key")
    }
    if case .poisson = draft.federation.cohort {
      conflict(
        "a secret cohort protects participants, and the unit is record", at: "federation.cohort",
        suggestion: "write a fraction, or unit: participant")
    }
    if case .adaptive = draft.protection.clip {
      conflict(
        "clip follows the norms of participants, and the unit is record", at: "protection.clip",
        suggestion: "give a number, or unit: participant")
    }
  }

  /// The noise that is written, or that all rounds within ε take.
  private mutating func noise(
    _ written: PrivacyDraft, samplingRate: Double, sums: Int, correlation: NoiseCorrelation?
  ) -> Double? {
    if let noise = written.noiseMultiplier { return noise }
    guard let epsilon = written.epsilon else {
      missing(
        "epsilon", under: "privacy", because: "nothing says how much noise there is",
        suggestion: "add epsilon: 2.0, or noise-multiplier: 1.0")
      return nil
    }
    let (times, overflows) = sums.multipliedReportingOverflow(by: draft.federation.rounds)
    do throws(PrivacyError) {
      guard !overflows, times <= 1 << 40 else {
        throw PrivacyError(.invalid, "there are more than 2^40 steps in all")
      }
      let found = try Calibration.noiseMultiplier(
        epsilon: epsilon, delta: written.delta, relation: PrivacyPlan.relation
      ) { noise throws(PrivacyError) in
        if let correlation { return try correlation.event(noiseMultiplier: noise) }
        return try PrivacyPlan.event(noiseMultiplier: noise, samplingRate: samplingRate, times: times)
      }
      return found.roundedUp(digits: 5)
    } catch {
      conflict(
        "no noise keeps \(times) noised sums within ε \(epsilon): \(error.message)", at: "privacy.epsilon",
        suggestion: "take fewer rounds or steps, or a larger epsilon")
      return nil
    }
  }
}

extension Double {
  /// So many significant digits, never less than before: noise may be more than is needed.
  fileprivate func roundedUp(digits: Int) -> Double {
    var unit = 1.0
    while self / unit >= 10 { unit *= 10 }
    while self / unit < 1 { unit /= 10 }
    for _ in 1..<digits { unit /= 10 }
    let steps = (self / unit).rounded(.up)
    // A quotient of whole numbers is written with as many digits as it has.
    return unit < 1 ? steps / (1 / unit).rounded() : steps * unit
  }
}
