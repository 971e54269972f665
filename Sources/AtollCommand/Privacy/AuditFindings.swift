import AtollAudit
import AtollNumerics
import AtollPrivacy

/// What an audit found, for people and for programs.
extension Console {
  private static let width = 10

  private func print(_ label: String, _ text: StyledText) { print([(label, text)], width: Self.width) }

  /// What is promised, and what canaries say of it.
  func show(promise: PrivacyGuarantee?, _ found: CanaryAttack.Outcome) {
    if let promise {
      print(
        "promise",
        "\("ε \(promise.promise)", .strong) at δ \(promise.delta.plain) per \(promise.unit.rawValue)")
    } else {
      print("promise", "none promised")
    }
    let (finding, audit) = (found.finding, found.finding.audit)
    emit(
      "canaries",
      [
        "epsilon_lower": .number(finding.epsilon), "delta": .number(finding.delta),
        "confidence": .number(finding.confidence), "unit": .string(found.unit.rawValue),
        "canaries": .integer(audit.canaries), "guesses": .integer(audit.guesses),
        "correct": .integer(audit.correct), "runs": .integer(found.runs), "score": .string(found.score),
        "exact": .bool(found.isExact),
      ])
    print(
      "canaries",
      """
      \("ε ≥ \(Self.below(finding.epsilon))", .strong) at δ \(finding.delta.plain), with \
      \(Figure.fixed(finding.confidence * 100, 0)) % confidence: \(audit.correct) of \(audit.guesses) guesses right \
      about \(audit.canaries) \(found.unit == .record ? "rows" : "participants") in \(found.runs) trainings, by \
      \(found.score)
      """)
  }

  /// How well rows of training are told from others.
  func show(_ found: MembershipInference.Outcome) {
    emit(
      "membership",
      [
        "auc": .number(found.auc), "true_positive_rate": .number(found.truePositives),
        "false_positive_rate": .number(found.falsePositives), "shadows": .integer(found.shadows),
        "rows": .integer(found.rows),
      ])
    print(
      "membership",
      """
      AUC \(Figure.fixed(found.auc, 3)) (0.5 is chance); \(Figure.fixed(found.truePositives * 100, 1)) % of rows in \
      training found where \(Figure.fixed(found.falsePositives * 100, 0)) % of the others are taken for such; \
      \(found.shadows) shadow models, \(found.rows) rows
      """)
  }

  /// How well updates are turned back into rows.
  func show(_ found: GradientInversion.Outcome) {
    func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    emit(
      "inversion",
      [
        "trials": .integer(found.trials), "recovered": number(found.recovered),
        "similarity": found.similarity.map { .number($0) } ?? .null,
        "similarity_by_chance": found.chance.map { .number($0) } ?? .null, "nearer": number(found.nearer),
        "labels": number(found.labels), "labels_by_chance": number(found.labelsByChance),
        "above_chance": .bool(found.isAboveChance),
      ])
    var parts: [String] = []
    if let recovered = found.recovered, let similarity = found.similarity, let chance = found.chance,
      let nearer = found.nearer
    {
      parts.append(
        "\(recovered) of \(found.trials) rows read off the update of a participant with one row (similarity \(Figure.fixed(similarity, 2)), to rows that were not there \(Figure.fixed(chance, 2)); nearer to its own in \(nearer): \(found.isAboveChance ? "above chance" : "as by chance"))"
      )
    } else {
      parts.append("rows were not tried: the first layer is not fully connected")
    }
    if let labels = found.labels, let chance = found.labelsByChance {
      parts.append("\(labels) of \(found.trials) classes told, \(chance) by naming the most frequent one")
    }
    print("inversion", "\(parts.joined(separator: "; "))")
  }

  /// Says whether the promise stands.
  ///
  /// - Throws: ``Failure`` where it does not.
  func conclude(promise: PrivacyGuarantee?, _ found: CanaryAttack.Outcome) throws {
    let bound = found.finding.epsilon
    let isBroken = promise.map { bound > $0.epsilon } ?? false
    emit(
      "audit",
      [
        "promised": promise.map { .object($0.fields) } ?? .null, "epsilon_lower": .number(bound),
        "confidence": .number(found.finding.confidence), "holds": promise == nil ? .null : .bool(!isBroken),
      ])
    if promise != nil, found.unit == .record, !found.isExact {
      warn(
        "rows of this model cannot be silenced: canaries that were not in were left out, which changes the number of rows, and that counts as known"
      )
    }
    guard isBroken, let promise else {
      print()
      print(
        promise == nil
          ? "Nothing is promised, and this is the least that is given away."
          : "Nothing was found that the promise does not allow. That is no proof that it holds.")
      return
    }
    throw Failure(
      .runFailed,
      """
      the promise does not hold: ε is at least \(Self.below(bound)) with \
      \(Figure.fixed(found.finding.confidence * 100, 0)) % confidence, and \(promise.promise) is promised
      """)
  }

  /// A lower bound in three decimals, never more than it is.
  private static func below(_ bound: Double) -> String {
    Figure.fixed((bound * 1000).rounded(.down) / 1000, 3)
  }
}
