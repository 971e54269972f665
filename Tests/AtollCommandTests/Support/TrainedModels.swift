import Foundation
import Testing

/// Models trained once by the command itself, for tests of what is done with them.
enum TrainedModels {
  struct NotTrained: Error { let reason: String }

  /// `tumours/`: the study of `atoll new`, its model in `tumours/model`. `wards/`: tables of numbers and categories
  /// with gaps, and models of each kind on them.
  static let folder: Result<Folder, any Error> = Result {
    let folder = try Folder()
    try train(folder, "new", "tumours")
    try train(folder, "run", "tumours/task.yaml", "--set", "federation.rounds=3", "--out", "tumours/model")
    for site in ["north", "south"] { try folder.write(ward(site), to: "wards/\(site).csv") }
    for (name, label, kind, model) in [
      ("stay", "stay", "regression", "linear"), ("outcome", "outcome", "classification", "softmax"),
      ("fever", "fever", "classification", "svm"),
    ] {
      try folder.write(task(name, label: label, kind: kind, model: model), to: "wards/\(name).yaml")
      try train(folder, "run", "wards/\(name).yaml", "--out", "wards/\(name)")
    }
    let strict = task("strict", label: "fever", kind: "classification", model: "logistic")
    try folder.write(strict, to: "wards/strict.yaml")
    try train(
      folder, "run", "wards/strict.yaml", "--set", "data.preprocess.missing=drop", "--out", "wards/strict")
    return folder
  }

  private static func train(_ folder: Folder, _ arguments: String...) throws {
    let line = (["$atoll"] + arguments.map { "'\($0)'" }).joined(separator: " ")
    let ended = try Program.shell(line, in: folder, deadline: 120)
    guard ended.status == 0 else { throw NotTrained(reason: line + "\n" + ended.errors) }
  }

  private static func task(_ name: String, label: String, kind: String, model: String) -> String {
    """
    task: \(kind)
    name: \(name)
    data:
      participants: [north.csv, south.csv]
      label: \(label)
      features: [age, ward]
    model: \(model)
    federation: {rounds: 3}
    evaluation: {baselines: []}
    """
  }

  /// 60 rows: a number with gaps, a category, and three labels that follow from them.
  private static func ward(_ site: String) -> String {
    let rows = (0..<60).map { row in
      let age = 20 + (row * 37 + (site == "north" ? 5 : 0)) % 60
      let ward = ["med", "surg", "icu"][row % 3]
      let outcome = age < 40 ? "home" : age < 60 ? "care" : "died"
      return
        "\(row % 13 == 5 ? "" : "\(age)"),\(ward),\(age / 5 + row % 3),\(outcome),\(age > 50 ? "yes" : "no")"
    }
    return (["age,ward,stay,outcome,fever"] + rows).joined(separator: "\n") + "\n"
  }
}
