import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport
import FoundationEssentials

/// `atoll task check`
struct TaskCheck: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say whether a task file is valid, and if not, where and what is nearest.",
    discussion: """
      All faults are told at once, each with line and column; the exit code is then 65. Data are not read: a \
      missing file of data is a warning, since each participant brings its own.

      With --json, the event "checked" has task_sha256, the hash that a data owner approves.
      """)

  @OptionGroup var task: TaskArguments
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was run."

  func run(on console: Console) throws {
    let checked = try task.read()
    let summary = checked.summary()
    let missing = checked.files.filter { !FileManager.default.fileExists(atPath: $0) }
    for file in missing { console.warn("\(file), which the task names, is not here") }
    console.emit(
      "checked",
      [
        "file": .string(task.task), "name": .string(checked.name), "summary": .string(summary.title),
        "task_sha256": .string(summary.hash.hexadecimal),
        "missing_files": .array(missing.map { .string($0) }),
      ])
    console.print("\(task.task) is valid.")
    console.print("\(summary.title, .strong)")
    console.print("")
    let next = missing.isEmpty ? "run" : "show"
    console.print(
      [
        ("task", "\(summary.hash)"),
        ("next", "\("atoll task show \(Shell.quoted(task.task))", .next)"),
      ] + (next == "run" ? [("next", "\("atoll run \(Shell.quoted(task.task))", .next)")] : []))
  }
}
