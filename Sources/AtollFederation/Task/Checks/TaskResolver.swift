import AtollLearning
import AtollPrivacy
import AtollTraining

/// Turns what is written into what is meant: fills in defaults that follow from other keys, and refuses what
/// no single key can know to be wrong.
struct TaskResolver {
  let draft: TaskDraft
  /// The file's name, for a task without one of its own.
  let fileName: String
  /// Knows where every key stands, and collects the problems.
  var reader: Reader

  /// The task, or nil after problems were reported.
  mutating func task() -> FederatedTask? {
    guard let kind = draft.kind, let model = draft.model, let written = draft.data else { return nil }
    let before = reader.problems.count
    guard let data = data(written, kind: kind) else { return nil }
    var training = training(kind: kind, model: model)
    let evaluation = evaluation(kind: kind, model: model, training: training, data: data)
    checkModel(model, kind: kind, data: data)
    checkClassWeights(training.classWeights, model: model, data: data)
    checkFederation(draft.federation, training: training, data: data)
    checkProtection(draft.protection, federation: draft.federation, data: data)
    let privacy = privacy(&training, data: data)
    // Layers that contradict each other are told by their own keys.
    if reader.problems.count == before { checkDeclaredImages(model, kind: kind, data: data) }
    guard reader.problems.count == before else { return nil }
    let stem = fileStem(fileName)
    var federation = draft.federation
    // How many rows a participant has would tell; that it is not written otherwise was checked.
    if privacy?.unit == .participant, federation.strategy == .fedAvg(weights: .rows) {
      federation.strategy = .fedAvg(weights: .equal)
    }
    return FederatedTask(
      checkedKind: kind, name: draft.name ?? (isTaskName(stem) ? stem : "task"), data: data, model: model,
      training: training, federation: federation, protection: draft.protection,
      privacy: privacy, evaluation: evaluation)
  }

  /// Two values exclude each other; the second is marked.
  mutating func conflict(_ message: String, at paths: String..., suggestion: String? = nil) {
    var place = Place.none
    for path in paths {
      place = reader.place(of: path)
      if reader.isWritten(path) { break }
    }
    reader.report(Problem(.conflict, message, at: place, suggestion: suggestion))
  }

  mutating func missing(_ key: String, under section: String, because reason: String, suggestion: String) {
    reader.report(
      Problem(
        .missing, "“\(key)” is missing under \(section): \(reason)",
        at: reader.place(of: "\(section).\(key)"),
        suggestion: suggestion))
  }

  /// Reports names that occur twice; `path` is that of the list.
  mutating func refuseRepetitions(_ names: [String], in path: String) {
    var firsts: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let first = firsts[name] {
        conflict("\(path)[\(index)] repeats [\(first)], “\(name.shortened)”", at: "\(path)[\(index)]", path)
      } else {
        firsts[name] = index
      }
    }
  }
}
