extension Form where Value == FederationPlan {
  static let federation = record(
    FederationPlan(),
    [
      Field("strategy", \.strategy, .strategy, "how updates become the next model"),
      Field("rounds", \.rounds, .integer(1...1_000_000), "rounds of training"),
      Field(
        "cohort", \.cohort, .cohort,
        "who is asked in a round: a fraction (1.0: everyone), from 2 on a number, or a secret sample"),
      Field(
        "quorum", \.quorum, .quorum, "who must answer: a fraction of those asked or, from 2 on, a number"),
      Field("deadline", \.deadline, .duration, "how long a round waits: 30s, 10m, 2h"),
      Field(
        "participants", \.participants, .participants, "who may take part: all, or a list of names"),
      Field("seed", \.seed, .seed, "the same seed, data and task give the same bytes"),
      Field("initial", \.initial, .initial, "where the first model comes from"),
      Field("mode", \.mode, .mode, "whether a round waits for its cohort"),
    ])
}

extension Form where Value == StrategyKind {
  private static func rate(_ standard: Double) -> Parameter<Double> {
    Parameter("learning-rate", .number(.above(0)), standard, "how far the server follows the mean update")
  }
  private static func beta(_ key: String, _ standard: Double, _ meaning: String) -> Parameter<Double> {
    Parameter(key, .number(.within(0..<1)), standard, meaning)
  }
  private static var tau: Parameter<Double> {
    Parameter("tau", .number(.above(0)), 1e-3, "small: the server adapts more")
  }

  fileprivate static let strategy = atolls.extended(
    make: { kind, settings, extensions in
      func read<S: Strategy>(_ type: S.Type) throws -> StrategyKind {
        .own(try CanonicalJSON.decode(S.self, from: settings))
      }
      return try extensions.strategy(kind).map { try read($0) }
    },
    take: { if case .own(let own) = $0 { (own.kind, own.strategy) } else { nil } })

  private static let atolls = variant([
    Variant(
      "fedavg", "the mean of the updates (McMahan et al. 2017)",
      Parameter(
        "weights", .choice { $0 == .rows ? "by rows" : "all the same" }, .rows, "how much an update counts"),
      make: { .fedAvg(weights: $0) }, take: { if case .fedAvg(let weights) = $0 { weights } else { nil } }),
    Variant("fedsgd", .fedSGD, "one full-batch gradient step a round (McMahan et al. 2017)"),
    Variant(
      "fedprox", "held near the global model (Li et al. 2020)",
      Parameter("mu", .number(.atLeast(0)), 0.01, "how strongly"),
      make: { .fedProx(mu: $0) }, take: { if case .fedProx(let mu) = $0 { mu } else { nil } }),
    Variant(
      "fedavgm", "momentum at the server (Hsu, Qi & Brown 2019)", rate(1),
      beta("momentum", 0.9, "how much of the last step goes on"),
      make: { .fedAvgM(learningRate: $0, momentum: $1) },
      take: { if case .fedAvgM(let rate, let momentum) = $0 { (rate, momentum) } else { nil } }),
    Variant(
      "fedadam", "Adam at the server (Reddi et al. 2021)", rate(0.01),
      beta("beta1", 0.9, "decay of the mean"),
      beta("beta2", 0.99, "decay of the mean square"), tau,
      make: { .fedAdam(learningRate: $0, beta1: $1, beta2: $2, tau: $3) },
      take: {
        guard case .fedAdam(let rate, let beta1, let beta2, let tau) = $0 else { return nil }
        return (rate, beta1, beta2, tau)
      }),
    Variant(
      "fedadagrad", "Adagrad at the server (Reddi et al. 2021)", rate(0.01),
      beta("beta1", 0, "decay of the mean"), tau,
      make: { .fedAdagrad(learningRate: $0, beta1: $1, tau: $2) },
      take: { if case .fedAdagrad(let rate, let beta1, let tau) = $0 { (rate, beta1, tau) } else { nil } }),
    Variant(
      "fedyogi", "Yogi at the server (Reddi et al. 2021)", rate(0.01),
      beta("beta1", 0.9, "decay of the mean"),
      beta("beta2", 0.99, "decay of the mean square"), tau,
      make: { .fedYogi(learningRate: $0, beta1: $1, beta2: $2, tau: $3) },
      take: {
        guard case .fedYogi(let rate, let beta1, let beta2, let tau) = $0 else { return nil }
        return (rate, beta1, beta2, tau)
      }),
    Variant(
      "scaffold", "control variates against drift (Karimireddy et al. 2020)", rate(1),
      make: { .scaffold(learningRate: $0) },
      take: { if case .scaffold(let rate) = $0 { rate } else { nil } }),
  ])
}

extension Form where Value == Share {
  fileprivate static let quorum = part(fraction: { .fraction($0) }, count: { .count($0) }) {
    switch $0 {
    case .fraction(let part): (part, nil)
    case .count(let number): (nil, number)
    }
  }
}

private struct Poisson: Sendable {
  var rate: Double?
}

extension Form where Value == Cohort {
  private static let sample = Form<Poisson>.record(
    Poisson(),
    [
      Field(
        "poisson", \.rate, .number(.above(0, upTo: 1)), .required,
        "each participant with this probability, by a secret coin: it amplifies privacy")
    ])

  fileprivate static let cohort = part(
    fraction: { .fraction($0) }, count: { .count($0) }, sample: { .poisson($0) }
  ) {
    switch $0 {
    case .fraction(let part): (part, nil)
    case .count(let number): (nil, number)
    case .poisson: (nil, nil)
    }
  }

  /// As ``Form/part(fraction:count:take:)`` has it, or a sample.
  private static func part(
    fraction: @escaping @Sendable (Double) -> Cohort, count: @escaping @Sendable (Int) -> Cohort,
    sample make: @escaping @Sendable (Double) -> Cohort,
    take: @escaping @Sendable (Cohort) -> (fraction: Double?, count: Int?)
  ) -> Form {
    let part = part(fraction: fraction, count: count, take: take)
    return Form(
      shape: .either([part.shape, sample.shape]),
      read: { value, reader in
        guard case .map = value.content else { return part.read(value, &reader) }
        return sample.read(value, &reader)?.rate.map(make)
      },
      write: { if case .poisson(let rate) = $0 { sample.write(Poisson(rate: rate)) } else { part.write($0) } }
    )
  }
}

extension Form {
  /// A fraction or a number. Both are numbers: which one is meant is told by the number, not by its look; 1 is the fraction
  /// 1.0, everyone.
  fileprivate static func part(
    fraction: @escaping @Sendable (Double) -> Value, count: @escaping @Sendable (Int) -> Value,
    take: @escaping @Sendable (Value) -> (fraction: Double?, count: Int?)
  ) -> Form {
    let whole = Form<Int>.integer(2...10_000_000)
    let part = Form<Double>.number(.above(0, upTo: 1))
    let words = "a fraction above 0 and at most 1, or a whole number from 2 to 10000000"
    return Form(
      shape: .either([whole.shape, part.shape]),
      read: { value, reader in
        guard let word = value.word, let text = NumberText(word), let number = Double(word) else {
          reader.refuse(value, wanted: words, suggestion: NumberText.advice(for: value))
          return nil
        }
        if number > 0, number <= 1 { return fraction(number) }
        guard text.isWhole, (2...10_000_000).contains(number) else {
          reader.refuse(value, wanted: words)
          return nil
        }
        return count(Int(number))
      },
      write: { value in
        let taken = take(value)
        return taken.count.map(whole.write) ?? part.write(taken.fraction ?? 1)
      })
  }
}

extension Form where Value == Duration {
  private static let units: [(suffix: Character, seconds: Int)] = [("h", 3600), ("m", 60), ("s", 1)]
  private static let longest = 7 * 86_400
  private static let rule = TextRule(
    "a duration such as 30s, 10m or 2h, at most a week",
    pattern: "("
      + units.map { "\(wholeNumbers(upTo: longest / $0.seconds))\($0.suffix)" }.joined(separator: "|") + ")",
    longest: 12)

  /// A regular expression of the whole numbers from 1 on.
  private static func wholeNumbers(upTo most: Int) -> String {
    let digits = String(most)
    var parts = digits.count > 1 ? ["[1-9][0-9]{0,\(digits.count - 2)}"] : []
    for (place, digit) in digits.enumerated() {
      // The first digits alike, this one smaller, the others any.
      let least = place == 0 ? 1 : 0
      let rest = digits.count - place - 1
      if let own = digit.wholeNumberValue, own > least {
        parts.append("\(digits.prefix(place))[\(least)-\(own - 1)]" + (rest > 0 ? "[0-9]{\(rest)}" : ""))
      }
    }
    return "(" + (parts + [digits]).joined(separator: "|") + ")"
  }

  /// From a second to a week.
  fileprivate static let duration = Form(
    shape: .text(rule),
    read: { value, reader in
      guard let word = value.word, let unit = units.first(where: { $0.suffix == word.last }),
        NumberText(String(word.dropLast()))?.isWhole == true, let count = Int(word.dropLast()),
        (1...longest).contains(count), count * unit.seconds <= longest
      else {
        let isBare = value.word.flatMap { NumberText($0) }?.isWhole == true
        reader.refuse(
          value, wanted: rule.words,
          suggestion: isBare ? value.word.map { "write \($0)s for seconds" } : nil)
        return nil
      }
      return .seconds(count * unit.seconds)
    },
    write: { duration in
      let seconds = Int(duration.components.seconds)
      let unit = units.first { seconds % $0.seconds == 0 } ?? ("s", 1)
      return .plain("\(seconds / unit.seconds)\(unit.suffix)")
    })
}

extension Form where Value == [String]? {
  private static let everyone = Form<[String]?>.choice([(nil, "all", meaning: "everyone")])
  private static let named = Form<[String]>.list(
    of: .text(participantName, isValid: isParticipantName), count: 1...100_000, isUnique: true)

  fileprivate static let participants = either(
    Alternative(everyone, make: { $0 }, take: { $0 == nil ? .some(nil) : nil }),
    Alternative(named, make: { $0 }, take: { $0 }))
}

private struct InitialFile: Sendable {
  var file: String?
}

extension Form where Value == FederationPlan.Initial {
  private static let words = Form.choice([
    (.server, "server", meaning: "drawn by the server from the seed"),
    (.participants, "participants", meaning: "the average of the participants' own initial models"),
  ])
  private static let saved = Form<InitialFile>.record(
    InitialFile(), [Field("file", \.file, .path, .required, "a model in safetensors")]
  ).map(into: { draft, _, _ in draft.file }, from: { InitialFile(file: $0) })

  fileprivate static let initial = either(
    Alternative(words, make: { $0 }, take: { if case .file = $0 { nil } else { $0 } }),
    Alternative(saved, make: { .file($0) }, take: { if case .file(let path) = $0 { path } else { nil } }))
}

extension Form where Value == FederationPlan.Mode {
  fileprivate static let mode = variant([
    Variant("synchronous", .synchronous, "a round waits for its cohort, or for the deadline with the quorum"),
    Variant(
      "buffered", "the model moves on whenever enough updates are in (Nguyen et al. 2022)",
      Parameter("size", .integer(1...1_000_000), nil, "updates of one step"),
      Parameter(
        "max-staleness", .integer(0...1_000_000), 10, "older updates, counted in models, are dropped"),
      make: { .buffered(size: $0, maximumStaleness: $1) },
      take: { if case .buffered(let size, let staleness) = $0 { (size, staleness) } else { nil } }),
  ])
}
