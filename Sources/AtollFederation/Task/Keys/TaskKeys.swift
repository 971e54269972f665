import AtollLearning

/// A task as its file writes it. ``FederatedTask`` is what it means.
struct TaskDraft: Sendable {
  var kind: FederatedTask.Kind?
  var name: String?
  var data: DataDraft?
  var model: ModelKind?
  var training = TrainingDraft()
  var federation = FederationPlan()
  var protection = ProtectionPlan()
  var privacy: PrivacyDraft?
  var evaluation = EvaluationDraft()
}

extension Form where Value == TaskDraft {
  /// The whole file. Everything that is known about its keys is said below this point, once.
  static let task = record(
    TaskDraft(),
    [
      Field("task", \.kind, .choice { $0.meaning }, .required, "what sort of task it is"),
      Field(
        "name", \.name, .text(taskName, isValid: isTaskName), .derived("the file's name without its ending"),
        "names the run's directory"),
      Field("data", \.data, .data, .required, "what is learnt from"),
      Field("model", \.model, .model, .required, "what is learnt"),
      Field("training", \.training, .training, "how a participant trains in a round"),
      Field(
        "federation", \.federation, .federation, "who takes part, how often, and how updates become a model"),
      Field("protection", \.protection, .protection, "what happens to an update before it leaves"),
      Field(
        "privacy", \.privacy, .privacy, .absent("no guarantee of privacy holds"),
        "what is promised of privacy, and by how much noise"),
      Field("evaluation", \.evaluation, .evaluation, "how the model is judged, and when training ends"),
    ])
}

extension FederatedTask.Kind {
  fileprivate var meaning: String {
    switch self {
    case .classification: "which class a row belongs to"
    case .regression: "which number belongs to a row"
    }
  }
}

let taskName = TextRule(
  "a name of letters, digits, “.”, “_” and “-”", pattern: "[A-Za-z0-9][A-Za-z0-9._-]*", longest: 64)

func isTaskName(_ name: String) -> Bool {
  guard let first = name.utf8.first, name.utf8.count <= taskName.longest else { return false }
  func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
  return isLetterOrDigit(first) && name.utf8.allSatisfy { isLetterOrDigit($0) || [45, 46, 95].contains($0) }
}
