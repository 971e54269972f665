import AtollNumerics
import AtollPrivacy

/// Holds what is asked for against the rules of a policy, one after the other.
struct PolicyJudgement {
  let policy: Policy
  private(set) var findings: [PolicyFinding] = []

  init(_ policy: Policy) { self.policy = policy }

  var refusal: Refusal? { findings.lazy.compactMap(\.refusal).first }

  mutating func find(_ rule: String, _ asked: String, allowed: String, holds: Bool) {
    let spot = policy.origin.place(of: rule)
    findings.append(
      PolicyFinding(
        rule: rule, asked: asked, allowed: allowed, holds: holds, file: policy.origin.file, line: spot?.line,
        column: spot?.column))
  }

  mutating func require(_ rule: String, _ asked: String, _ names: [String], in allowance: Allowance<String>) {
    find(rule, asked, allowed: allowance.words, holds: names.allSatisfy(allowance.allows))
  }

  mutating func require(_ rule: String, _ amount: Int, _ unit: String, within limit: Limit<Int>) {
    let (asked, allowed) =
      unit == "byte"
      ? (Figure.bytes(amount), limit.words { Figure.bytes($0) })
      : (Figure.count(amount, unit), limit.words { Figure.grouped($0) })
    find(rule, asked, allowed: allowed, holds: limit.allows(amount))
  }

  mutating func require(_ rule: String, _ asked: String, isAllowed: Bool) {
    find(rule, asked, allowed: isAllowed ? "it" : "none of it", holds: isAllowed)
  }

  /// - Parameter required: answers that the exchange waits for.
  mutating func require(participants required: Int) {
    find(
      "least-participants", "a sum of \(Figure.count(required, "participant"))",
      allowed: "no sum of fewer than \(Figure.grouped(policy.leastParticipants))",
      holds: required >= policy.leastParticipants)
  }

  // MARK: What questions and tasks have in common

  mutating func judge(model kind: String?, parameters: Int?) {
    if let kind { require("models.kinds", "a \(kind) model", [kind], in: policy.models.kinds) }
    if let parameters {
      find(
        "models.most-parameters", "a model of \(Figure.count(parameters, "number"))",
        allowed: policy.models.mostParameters.words { Figure.grouped($0) },
        holds: policy.models.mostParameters.allows(parameters))
    }
  }

  mutating func judge(columnsOf demand: Demand) {
    if demand.hasNoColumns {
      // Whoever names columns has not thought of images: only “any” is about them too.
      let columns = policy.columns
      find(
        "columns.labels", "the classes of images", allowed: columns.labels.words,
        holds: columns.labels == .any)
      find(
        "columns.features", "images, which have no columns", allowed: columns.features.words,
        holds: columns.features == .any)
    }
    if let label = demand.label {
      require("columns.labels", "the label “\(label)”", [label], in: policy.columns.labels)
    }
    switch demand.features {
    case .any:
      find(
        "columns.features", "every usable column", allowed: policy.columns.features.words,
        holds: policy.columns.features == .any)
    case .only(let names) where !names.isEmpty:
      let denied = names.filter { !policy.columns.features.allows($0) }
      let shown = denied.isEmpty ? names : denied
      require(
        "columns.features", Figure.count(shown.count, "feature") + " (\(shown.brief))", names,
        in: policy.columns.features)
    case .only: break
    }
    if let group = demand.group {
      require("columns.groups", "the group “\(group)”", [group], in: policy.columns.groups)
    }
    for computation in demand.computations { judge(computation) }
  }

  private mutating func judge(_ computation: Demand.Computation) {
    let plan = policy.preprocessing
    var rule = "preprocessing"
    var allowed: [String] = []
    var holds = false
    for permission in computation.allowedBy {
      let (key, word, allowance) =
        switch permission {
        case .missing(let word): ("missing", word, plan.missing)
        case .scale(let word): ("scale", word, plan.scale)
        case .categories(let word): ("categories", word, plan.categories)
        }
      if computation.allowedBy.count == 1 { rule = "preprocessing.\(key)" }
      allowed.append(computation.allowedBy.count == 1 ? allowance.words : "\(key) \(allowance.words)")
      if allowance.allows(word) { holds = true }
    }
    var seen: Set<String> = []
    find(
      rule, computation.words, allowed: allowed.filter { seen.insert($0).inserted }.joined(separator: ", "),
      holds: holds)
  }
}

extension Allowance<String> {
  /// Follows “allows”.
  var words: String {
    switch self {
    case .any: "any"
    case .only(let names): names.isEmpty ? "none" : names.brief
    }
  }
}

extension Allowance where Element: RawRepresentable<String> {
  /// By the words of files.
  var named: Allowance<String> {
    switch self {
    case .any: .any
    case .only(let elements): .only(elements.map(\.rawValue))
    }
  }
}

extension [String] {
  /// The first of them, and how many more.
  fileprivate var brief: String {
    count <= 8 ? joined(separator: ", ") : prefix(8).joined(separator: ", ") + " and \(count - 8) more"
  }
}

extension Limit {
  /// Follows “allows”.
  func words(_ spell: (Amount) -> String) -> String {
    switch self {
    case .any: "any number"
    case .atMost(.zero): "none"
    case .atMost(let most): "at most \(spell(most))"
    }
  }
}
