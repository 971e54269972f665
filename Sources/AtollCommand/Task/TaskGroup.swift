import ArgumentParser

/// `atoll task`: what a task file says, before anything runs.
struct TaskGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task",
    abstract: "Check, explain and compare task files.",
    subcommands: [TaskCheck.self, TaskShow.self, TaskDiff.self, TaskSchemaCommand.self])
}
