import AtollLearning
import AtollPrivacy

/// A policy as its file writes it.
struct PolicyDraft: Sendable {
  var version: Int?
  var policy = Policy()

  init() {}

  init(_ policy: Policy) {
    version = Policy.version
    self.policy = policy
  }
}

extension Form where Value == PolicyDraft {
  /// The whole file. Everything that is known about its keys is said below this point, once.
  static let policy = record(
    PolicyDraft(), later: ["secure-aggregation"],
    [
      Field(
        "version", \.version, .choice([(Policy.version, "\(Policy.version)", meaning: "this one")]),
        .required,
        "of the form of this file"),
      Field("operators", \.policy.operators, .names, "whose tasks: who signed them"),
      Field("tasks", \.policy.tasks, .allowance(of: TaskWords.kinds), "kinds of task"),
      Field("questions", \.policy.questions, .names, "kinds of question that may be asked"),
      Field("models", \.policy.models, .models, "which models"),
      Field(
        "columns", \.policy.columns, .columns,
        "which columns, by the task's names of them; images have none, and need any for features and labels"),
      Field(
        "preprocessing", \.policy.preprocessing, .preprocessing,
        "which transformations may be computed from rows"),
      Field("per-site", \.policy.perSite, .perSite, "what may be told of this participant by itself"),
      Field("limits", \.policy.limits, .limits, "how much may be asked"),
      Field(
        "least-participants", \.policy.leastParticipants, .integer(1...10_000_000),
        "fewest answers that an exchange waits for: no sum is of fewer participants"),
      Field(
        "external-trainer", \.policy.externalTrainer, .boolean,
        "whether a program of this participant's own may train"),
      Field(
        "privacy", \.policy.privacy, .privacy, .absent("nothing is demanded"),
        "what a task must promise of privacy"),
    ])
}

/// The words that tasks use, and policies after them.
private enum TaskWords {
  static let kinds = FederatedTask.Kind.allCases.map { $0.rawValue }
  static let missing = ["mean", "median", "most-frequent"]
  static let scale = PreprocessingPlan.Scale.allCases.filter(\.isFitted).map { $0.rawValue }
  static let categories = PreprocessingPlan.Categories.allCases.filter { $0 != .drop }.map { $0.rawValue }
}

extension Form where Value == Policy.Models {
  fileprivate static let models = record(
    Policy.Models(),
    [
      Field("kinds", \.kinds, .names, "as tasks name them: logistic, mlp, …"),
      Field("most-parameters", \.mostParameters, .count, "numbers in a model, at most"),
    ])
}

extension Form where Value == Policy.Columns {
  fileprivate static let columns = record(
    Policy.Columns(),
    [
      Field("features", \.features, .names, "that may be learnt from; a task must then list its features"),
      Field("labels", \.labels, .names, "that may be predicted"),
      Field("groups", \.groups, .names, "that may say which rows belong together"),
    ])
}

extension Form where Value == Policy.Preprocessing {
  fileprivate static let preprocessing = record(
    Policy.Preprocessing(),
    [
      Field("missing", \.missing, .allowance(of: TaskWords.missing), "what may stand for missing values"),
      Field("scale", \.scale, .allowance(of: TaskWords.scale), "by what numbers may be scaled"),
      Field(
        "categories", \.categories, .allowance(of: TaskWords.categories),
        "what may become of categories, whose levels are told"),
    ])
}

extension Form where Value == Policy.PerSite {
  fileprivate static let perSite = record(
    Policy.PerSite(),
    [
      Field("columns", \.columns, .boolean, "names, types and levels of the columns that may be used"),
      Field("evaluation", \.evaluation, .boolean, "a model's figures on this participant's own rows"),
      Field(
        "details", \.details, .boolean,
        "counts of which class is taken for which, and the like, on its own rows"
      ),
      Field("replies", \.replies, .boolean, "answers to other questions"),
    ])
}

extension Form where Value == Policy.Limits {
  fileprivate static let limits = record(
    Policy.Limits(),
    [
      Field("rounds", \.rounds, .count, "training rounds of one run"),
      Field("exchanges", \.exchanges, .count, "questions of one run"),
      Field("bytes", \.bytes, .bytes, "bytes of answers to one run: 500 kB, 20 MB, 1 GB"),
      Field("rounds-in-all", \.roundsInAll, .count, "training rounds of all runs together"),
      Field("exchanges-in-all", \.exchangesInAll, .count, "questions of all runs together"),
      Field("bytes-in-all", \.bytesInAll, .bytes, "bytes of answers to all runs together"),
    ])
}

extension Form where Value == Policy.Privacy {
  fileprivate static let privacy = record(
    Policy.Privacy(),
    [
      Field("without", \.without, .boolean, "whether a task may promise nothing"),
      Field("units", \.units, .names, "whose data a promise may be about"),
      Field("most-epsilon", \.mostEpsilon, .epsilon, "ε of one run, at most"),
      Field(
        "most-epsilon-in-all", \.mostEpsilonInAll, .epsilon,
        "ε of all that was ever given away of a data set, at most"),
      Field(
        "delta", \.delta, .number(.above(0, upTo: 0.5)),
        "the δ at which both are meant, whatever a task says; well below 1 by the number of rows"),
      Field("least-noise", \.leastNoise, .number(.within(0...1e6)), "smallest noise multiplier"),
      Field("exact", \.exact, .names, "what may be told without noise, outside of any promise"),
    ])
}

// MARK: Allowances and limits

/// The word for “whatever is asked for”.
private let anyWord: [(Bool, String, meaning: String)] = [(true, "any", meaning: "whatever is asked for")]

extension Form where Value == Allowance<String> {
  /// A list of free names, or `any`.
  fileprivate static let names = listed(
    .text(TextRule("a name", plural: "names", longest: 256)) { !$0.isEmpty })

  /// A list of some of these words, or `any`.
  fileprivate static func allowance(of words: [String]) -> Form {
    listed(.choice(words.map { ($0, $0, meaning: "") }))
  }

}

extension Form {
  /// A list of things, or `any`.
  fileprivate static func listed<Element>(
    _ item: Form<Element>
  ) -> Form where Value == Allowance<Element> {
    either(
      Alternative(Form<Bool>.choice(anyWord), make: { _ in .any }) { $0 == .any ? true : nil },
      Alternative(Form<[Element]>.list(of: item, isUnique: true), make: { .only($0) }) {
        if case .only(let names) = $0 { names } else { nil }
      })
  }
}

extension Form where Value == Allowance<PrivacyUnit> {
  fileprivate static let names = listed(.choice { $0.meaning })
}

extension Form where Value == Allowance<PrivacyPlan.Exact> {
  fileprivate static let names = listed(.choice { $0.meaning })
}

extension Form where Value == Limit<Double> {
  /// A number, or `any`.
  fileprivate static let epsilon = either(
    Alternative(Form<Bool>.choice(anyWord), make: { _ in .any }) { $0 == .any ? true : nil },
    Alternative(Form<Double>.number(.within(0...1e6)), make: { .atMost($0) }) {
      if case .atMost(let most) = $0 { most } else { nil }
    })
}

extension Form where Value == Limit<Int> {
  /// A whole number, or `any`.
  fileprivate static let count = either(
    Alternative(Form<Bool>.choice(anyWord), make: { _ in .any }) { $0 == .any ? true : nil },
    Alternative(Form<Int>.integer(0...1_000_000_000_000), make: { .atMost($0) }) {
      if case .atMost(let most) = $0 { most } else { nil }
    })

  private static let units = [("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)]
  private static let size = TextRule(
    "a number of bytes such as 500 kB, 20 MB or 1 GB", pattern: "[0-9]{1,9} ?(B|kB|MB|GB)?", longest: 16,
    mayBeNumber: true)

  /// A number of bytes, or `any`.
  fileprivate static let bytes = Form(
    shape: .either([.choice([Choice(name: "any", meaning: "whatever is asked for")]), .text(size)]),
    read: { value, reader in
      if value.word == "any" { return .any }
      guard case .scalar(let text, _) = value.content, let bytes = byteCount(text) else {
        reader.refuse(value, wanted: "any or " + size.words)
        return nil
      }
      return .atMost(bytes)
    },
    write: { limit in
      guard case .atMost(let bytes) = limit else { return .plain("any") }
      let unit = units.last { bytes > 0 && bytes % $0.1 == 0 } ?? ("B", 1)
      return .plain("\(bytes / unit.1) \(unit.0)")
    })

  private static func byteCount(_ text: String) -> Int? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard (1...9).contains(digits.count), let number = Int(digits) else { return nil }
    if unit.isEmpty { return number }
    return units.first { $0.0 == unit }.map { number * $0.1 }
  }
}
