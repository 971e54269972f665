import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport

/// `atoll task show`
struct TaskShow: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Say in plain words what a task does: what leaves, who sees it, what is not protected.")

  @OptionGroup var task: TaskArguments
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was run."

  func run(on console: Console) throws {
    let summary = try task.read().summary()
    console.emit(
      "task",
      [
        "title": .string(summary.title), "task_sha256": .string(summary.hash.hexadecimal),
        "sections": .array(
          summary.sections.map { section in
            [
              "heading": .string(section.heading),
              "lines": .array(
                section.lines.map { ["label": .string($0.label), "text": .string($0.text)] }),
            ]
          }),
      ])
    console.print("\(summary.title, .strong)")
    for section in summary.sections {
      console.print("")
      console.print("\(section.heading, .strong)")
      let isLabelled = section.lines.contains { !$0.label.isEmpty }
      for line in section.lines {
        let start = isLabelled ? 13 : 2
        console.print(StyledText("  " + line.label).padded(to: start) + "\(line.text)", indent: start)
      }
    }
    console.print("")
    console.print([
      ("task", "\(summary.hash.abbreviated)"),
      ("next", "\("atoll run \(Shell.quoted(task.task))", .next)"),
    ])
  }
}
