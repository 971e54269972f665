import AtollLearning

// How tables become numbers, and how rows are shared out and held out.

extension Form where Value == PreprocessingPlan {
  static let preprocess = record(
    PreprocessingPlan(),
    [
      Field("missing", \.missing, .missing, "what stands for a missing value"),
      Field("scale", \.scale, .choice { $0.meaning }, "how numbers are scaled"),
      Field("categories", \.categories, .choice { $0.meaning }, "how categories become numbers"),
      Field("scope", \.scope, .choice { $0.meaning }, "over whom means, deviations and the like are taken"),
    ])
}

extension Form where Value == PreprocessingPlan.Missing {
  fileprivate static let missing = variant([
    Variant("mean", .mean, "numbers: the mean; categories: the most frequent one"),
    Variant("median", .median, "numbers: the median; categories: the most frequent one"),
    Variant("most-frequent", .mostFrequent, "the most frequent value"),
    Variant("drop", .drop, "rows with a missing value in a used column are left out"),
    Variant(
      "constant", "a number; categories get a level of their own",
      Parameter("value", .number(.any), 0, "the number"),
      make: { .constant($0) }, take: { if case .constant(let value) = $0 { value } else { nil } }),
  ])
}

extension PreprocessingPlan.Scale {
  fileprivate var meaning: String {
    switch self {
    case .none: "as they are"
    case .standard: "mean 0, standard deviation 1"
    case .minMax: "from 0 to 1"
    case .robust: "median 0, quartiles 1 apart"
    case .bounds: "from -1 to 1 between the declared minimum and maximum; nothing is computed"
    }
  }
}

extension PreprocessingPlan.Categories {
  fileprivate var meaning: String {
    switch self {
    case .oneHot: "a column for each level"
    case .dropFirst: "a column for each level but the first"
    case .drop: "left out"
    }
  }
}

extension PreprocessingPlan.Scope {
  fileprivate var meaning: String {
    switch self {
    case .federation: "all participants, from exact sums"
    case .site: "each participant alone"
    }
  }
}

extension Form where Value == PartitionPlan {
  private static var participants: Parameter<Int> {
    Parameter("participants", .integer(1...10_000_000), 10, "how many")
  }

  static let partition = variant([
    Variant(
      "iid", "shuffled, then cut into equal parts", participants, make: { .iid(participants: $0) },
      take: { if case .iid(let participants) = $0 { participants } else { nil } }),
    Variant(
      "dirichlet", "label skew: each class is shared out by a Dirichlet draw", participants,
      Parameter("alpha", .number(.above(0)), 0.5, "small: strong skew"),
      make: { .dirichlet(participants: $0, alpha: $1) },
      take: { if case .dirichlet(let participants, let alpha) = $0 { (participants, alpha) } else { nil } }),
    Variant(
      "quantity", "sizes follow a Dirichlet draw, labels stay alike", participants,
      Parameter("alpha", .number(.above(0)), 0.5, "small: strong skew"),
      make: { .quantity(participants: $0, alpha: $1) },
      take: { if case .quantity(let participants, let alpha) = $0 { (participants, alpha) } else { nil } }),
    Variant(
      "shards", "sorted by label and cut into shards", participants,
      Parameter("per-participant", .integer(1...10_000), 2, "shards that each participant gets"),
      make: { .shards(participants: $0, perParticipant: $1) },
      take: { if case .shards(let participants, let each) = $0 { (participants, each) } else { nil } }),
    Variant(
      "feature", "sorted by a numeric column and cut into equal parts", participants,
      Parameter("column", .column, nil, "the column"),
      make: { .feature(participants: $0, column: $1) },
      take: { if case .feature(let participants, let column) = $0 { (participants, column) } else { nil } }),
    Variant(
      "column", "a participant for each value of a column", Parameter("column", .column, nil, "the column"),
      make: { .column($0) }, take: { if case .column(let column) = $0 { column } else { nil } }),
  ])
}

private struct TestDraft: Sendable {
  var file: String?
  var images: String?
  var labels: String?

  var test: DataPlan.Test? {
    switch (file, images, labels) {
    case (let file?, nil, nil): .assignment(path: file)
    case (nil, let images?, let labels?): .images(path: images, labels: labels)
    default: nil
    }
  }
}

extension Form where Value == DataPlan.Test {
  private static let files = Form<TestDraft>.record(
    TestDraft(),
    [
      Field(
        "file", \.file, .path, .absent("images instead"),
        "a table with a line for each row: set says train or test (other words: neither); row counts the participant's rows from 1, or line those of its file; where there are several participants, a further column has their names"
      ),
      Field("images", \.images, .path, .absent("a table instead"), "images that nobody trains on"),
      Field("labels", \.labels, .path, .absent("a table instead"), "their labels"),
    ]
  ).map(
    into: { draft, value, reader -> DataPlan.Test? in
      guard let test = draft.test else {
        let message = "\(reader.keyPath) must have either file, or images and labels"
        reader.report(Problem(.conflict, message, at: value.place))
        return nil
      }
      return test
    },
    from: {
      switch $0 {
      case .assignment(let path): TestDraft(file: path)
      case .images(let path, let labels): TestDraft(images: path, labels: labels)
      case .fraction, .tables: TestDraft()
      }
    })

  static let test = either(
    Alternative(.number(.within(0..<1)), make: { .fraction($0) }) {
      if case .fraction(let part) = $0 { part } else { nil }
    },
    Alternative(Form<[String]>.list(of: .path, count: 1...100_000), make: { .tables($0) }) {
      if case .tables(let paths) = $0 { paths } else { nil }
    },
    Alternative(files, make: { $0 }, take: { $0 }))
}
