@testable import AtollFederation

/// A tree with the shape of a task: a few keys of the smallest task changed, each to a random value of its
/// shape. Many are valid, some break a rule that only several keys together have.
func randomTask(using random: inout LinearCongruential) -> YAMLValue {
  guard case .record(let record) = Form<TaskDraft>.task.shape else { return .plain("") }
  let bases: [[(String, YAMLValue)]] = [
    [("task", .plain("classification")), ("model", .plain("logistic"))],
    [("task", .plain("classification")), ("model", .plain("svm"))],
    [("task", .plain("classification")), ("model", .plain("mlp"))],
    [("task", .plain("regression")), ("model", .plain("linear"))],
    [("task", .plain("regression")), ("model", .plain("mlp"))],
  ]
  var entries = bases.randomElement(using: &random) ?? []
  let source: [(String, YAMLValue)] =
    Bool.random(using: &random)
    ? [("participants", .map((0..<12).map { ("site \($0)", .text("\($0).csv")) }))]
    : [
      ("file", .text("all.csv")),
      ("partition", .map([("kind", .plain("iid")), ("participants", .plain("50"))])),
    ]
  for field in record.fields where !["task", "name"].contains(field.key) {
    guard case .record(let section) = field.shape else {
      if field.key == "model", Int.random(in: 0..<4, using: &random) == 0 {
        entries.removeAll { $0.0 == "model" }
        entries.append(("model", field.shape.randomValue(using: &random)))
      }
      continue
    }
    if field.key == "privacy" {
      // Drawn key by key, hardly any would be lawful.
      if Int.random(in: 0..<8, using: &random) == 0 {
        entries.append((field.key, randomPrivacy(using: &random)))
      }
      continue
    }
    var keys: [(String, YAMLValue)] = field.key == "data" ? source + [("label", .text("y"))] : []
    for key in section.fields
    where !["participants", "file", "images", "labels", "shape", "classes", "partition"].contains(key.key) {
      guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
      keys.removeAll { $0.0 == key.key }
      keys.append((key.key, key.shape.randomValue(using: &random)))
    }
    if !keys.isEmpty { entries.append((field.key, .map(keys))) }
  }
  if Bool.random(using: &random) {
    entries.append(("name", .text("study-\(Int.random(in: 0..<99, using: &random))")))
  }
  return .map(entries)
}

private func randomPrivacy(using random: inout LinearCongruential) -> YAMLValue {
  // Participants would need a clip, which lies in another section.
  let unit = "record"
  var keys: [(String, YAMLValue)] = [
    ("unit", .plain(unit)),
    ("noise-multiplier", .plain("\(Double(Int.random(in: 5..<40, using: &random)) / 10)")),
    ("exact", YAMLValue(.list([.plain("preprocessing"), .plain("evaluation")]), at: .none)),
  ]
  if Bool.random(using: &random) { keys.append(("sampling-rate", .plain("0.1"))) }
  if Bool.random(using: &random) { keys.append(("epsilon", .plain("2.5"))) }
  return .map(keys)
}

extension Shape {
  func randomValue(using random: inout LinearCongruential) -> YAMLValue {
    switch self {
    case .boolean: return .plain(Bool.random(using: &random) ? "true" : "false")
    case .integer(let range):
      let upper =
        Bool.random(using: &random) ? min(range.upperBound, range.lowerBound + 20) : range.upperBound
      return .plain(String(Int.random(in: range.lowerBound...upper, using: &random)))
    case .number(let bounds):
      let lower = bounds.minimum ?? -1e6
      let upper = bounds.maximum ?? (lower + (Bool.random(using: &random) ? 1 : 1e6))
      return .plain(Double.random(in: lower..<upper, using: &random).nextUp.description)
    case .text(let rule): return rule.randomValue(using: &random)
    case .choice(let choices): return .plain(choices.randomElement(using: &random)?.name ?? "")
    case .seed: return .plain(String(UInt64.random(in: 0 ... .max, using: &random)))
    case .list(let item, let count, _):
      let length = Int.random(in: count.lowerBound...(count.lowerBound + 3), using: &random)
      return .list((0..<length).map { _ in item.randomValue(using: &random) })
    case .map(let value, _, _):
      return .map((0..<3).map { ("k\($0)", value.randomValue(using: &random)) })
    case .record(let record): return .map(record.fields.randomEntries(using: &random))
    case .variant(let variants):
      guard let variant = variants.randomElement(using: &random) else { return .plain("") }
      if variant.standsAlone, Bool.random(using: &random) { return .plain(variant.name) }
      return .map([("kind", .plain(variant.name))] + variant.fields.randomEntries(using: &random))
    case .either(let shapes):
      return shapes.randomElement(using: &random)?.randomValue(using: &random) ?? .plain("")
    }
  }
}

extension [FieldShape] {
  fileprivate func randomEntries(using random: inout LinearCongruential) -> [(String, YAMLValue)] {
    var entries: [(String, YAMLValue)] = []
    for field in self {
      let isRequired = if case .required = field.standard { true } else { false }
      guard isRequired || Bool.random(using: &random) else { continue }
      entries.append((field.key, field.shape.randomValue(using: &random)))
    }
    return entries
  }
}

extension TextRule {
  fileprivate func randomValue(using random: inout LinearCongruential) -> YAMLValue {
    if words.contains("duration") { return .plain("\(Int.random(in: 1...90, using: &random))m") }
    if words.contains("comparison") {
      return .text(
        ["> 0", "<= -1.5", "= yes", "!= no", "yes", "it's", "1e3"].randomElement(using: &random) ?? "")
    }
    let alphabet: [Character] =
      pattern == nil ? Array("abz09 _-.:#'\"\\$}{,[]&*é\u{1F600}\u{300}\n\t") : Array("abz09")
    let length = Int.random(in: 1...6, using: &random)
    return .text(String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" }))
  }
}
