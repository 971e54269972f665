/// What changed in one key from one task to another, for `atoll task diff`.
public struct TaskDifference: Hashable, Sendable {
  /// `training.learning-rate`
  public let path: String
  /// As a task file would have it; nil when the key was not there.
  public let old: String?
  /// As a task file would have it; nil when the key is no longer there.
  public let new: String?
  /// The change in a sentence: what the key is for, and from what to what it goes.
  public let words: String
}

extension FederatedTask {
  /// Every key whose value differs, in the order of a task file. Defaults count as written.
  public static func differences(from old: FederatedTask, to new: FederatedTask) -> [TaskDifference] {
    guard case .record(let record) = Form<TaskDraft>.task.shape else { return [] }
    return differences(from: old.tree, to: new.tree, fields: record.fields, under: "")
  }

  /// Every setting of the task and its value as a task file would have it, in the order of a task file; defaults count
  /// as written.
  public var settings: [(path: String, value: String)] {
    guard case .record(let record) = Form<TaskDraft>.task.shape else { return [] }
    return Self.settings(of: tree, fields: record.fields, under: "")
  }

  private static func settings(
    of value: YAMLValue, fields: [FieldShape], under path: String
  ) -> [(path: String, value: String)] {
    fields.flatMap { field -> [(path: String, value: String)] in
      guard let own = value[field.key] else { return [] }
      let path = path.isEmpty ? field.key : path + "." + field.key
      guard case .record(let record) = field.shape, case .map = own.content else {
        return [(path, own.written)]
      }
      return settings(of: own, fields: record.fields, under: path)
    }
  }

  private static func differences(
    from old: YAMLValue, to new: YAMLValue, fields: [FieldShape], under path: String
  ) -> [TaskDifference] {
    fields.flatMap { field -> [TaskDifference] in
      let own = path.isEmpty ? field.key : path + "." + field.key
      let (before, after) = (old[field.key], new[field.key])
      if let before, let after, case .record(let record) = field.shape {
        return differences(from: before, to: after, fields: record.fields, under: own)
      }
      let (from, to) = (before?.written, after?.written)
      guard from != to else { return [] }
      let change =
        switch (from, to) {
        case (let from?, let to?): "changes from \(from) to \(to)"
        case (nil, let to?): "is now \(to)"
        case (let from?, nil): "is no longer \(from)" + (field.standard.consequence.map { ": \($0)" } ?? "")
        case (nil, nil): ""
        }
      return [TaskDifference(path: own, old: from, new: to, words: "\(own) (\(field.meaning)) \(change)")]
    }
  }
}

extension Standard {
  /// What it means that a key is not there.
  fileprivate var consequence: String? { if case .absent(let words) = self { words } else { nil } }
}
