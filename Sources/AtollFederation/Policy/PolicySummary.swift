import AtollNumerics

extension Policy {
  /// What the policy allows, in plain words: a label and a text for each part.
  public var summary: [(label: String, text: String)] {
    var lines: [(label: String, text: String)] = []
    func add(_ label: String, _ text: String) { lines.append((label, text)) }
    add(
      "tasks",
      tasks.isEmpty ? "none" : "\(tasks.words), signed by \(operators.isEmpty ? "nobody" : operators.words)")
    add("questions", questions.words)
    add(
      "models",
      models.kinds.isEmpty
        ? "none"
        : models.kinds.words + ", "
          + (models.mostParameters == .any
            ? "of any size" : "of \(models.mostParameters.words { Figure.count($0, "number") })"))
    add("columns", "to learn from: \(columns.features.words); to predict: \(columns.labels.words)")
    if !columns.groups.isEmpty { add("columns", "to group rows by: \(columns.groups.words)") }
    add(
      "computed",
      "for missing values: \(preprocessing.missing.words); to scale: \(preprocessing.scale.words); of categories: \(preprocessing.categories.words)"
    )
    let told = [
      perSite.columns ? "its list of columns" : nil,
      perSite.evaluation ? "a model's figures on its rows" : nil,
      perSite.details ? "counts of its classes and errors" : nil, perSite.replies ? "other answers" : nil,
    ].compactMap(\.self)
    add(
      "by itself",
      told.isEmpty ? "nothing is told under this participant's name" : told.joined(separator: ", "))
    add("a run", limits.words(of: (limits.rounds, limits.exchanges, limits.bytes)))
    add("in all", limits.words(of: (limits.roundsInAll, limits.exchangesInAll, limits.bytesInAll)))
    add("sums", "of at least \(Figure.count(leastParticipants, "participant"))")
    add("trainer", externalTrainer ? "Atoll's, or a program of one's own" : "Atoll's own only")
    add("privacy", privacy?.words ?? "nothing is demanded: a task may promise none")
    return lines
  }

  /// What no policy of this version can ask for, for whoever writes one.
  public static let unprotected =
    "This version has no masks: the server sees each answer by itself, whatever the number of participants in a sum; noise that hides a row from it is a promise for records"
}

extension Policy.Privacy {
  fileprivate var words: String {
    guard !units.isEmpty, mostEpsilon != .nothing, mostEpsilonInAll != .nothing else {
      return without ? "a task may promise none, and nothing else" : "no promise is enough"
    }
    let epsilon =
      "of a run: \(mostEpsilon.words { "ε \($0.brief)" }); of a data set in all: \(mostEpsilonInAll.words { "ε \($0.brief)" }), at δ \(delta.brief)"
    let noise = leastNoise > 0 ? "; noise multiplier at least \(leastNoise.brief)" : ""
    return
      "per \(units.named.words), \(epsilon)\(noise); told exactly: \(exact.named.words)"
      + (without ? "; or no promise at all" : "")
  }
}

extension Policy.Limits {
  fileprivate func words(of limits: (rounds: Limit<Int>, exchanges: Limit<Int>, bytes: Limit<Int>)) -> String
  {
    let rounds = limits.rounds.words { Figure.grouped($0) }
    let exchanges = limits.exchanges.words { Figure.grouped($0) }
    return "rounds: \(rounds); questions: \(exchanges); answers: \(limits.bytes.words { Figure.bytes($0) })"
  }
}
