import ArgumentParser
import AtollReport
import AtollScenarios

/// `atoll new`
struct New: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a folder to begin a study with: a commented task, sample data, and how to go on.",
    discussion: """
      The sample data are real: 569 patients with a breast tumour (Wisconsin Diagnostic Breast Cancer, UCI, CC BY \
      4.0), shared out among four made-up hospitals. Put your own tables in their place.

      A file that is there already is never overwritten: nothing is written then, and the exit code is 73. With \
      --json: the event "created".
      """)

  @Argument(
    help: ArgumentHelp("The folder.", valueName: "dir"), completion: .directory, transform: nonEmptyPath)
  var folder: String
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was written."

  func run(on console: Console) throws {
    let scaffold = Scaffold.breastTumours
    try scaffold.write(to: folder)
    console.emit(
      "created",
      ["folder": .string(folder), "files": .array(scaffold.files.map { .string($0.path) })])
    console.print(
      "\("\(folder):", .strong) a study to begin with. Simulated on this machine until you deploy it.")
    console.print("")
    console.print(scaffold.files.map { ($0.path, "\($0.meaning)") }, margin: 2)
    console.print("")
    let task = Shell.quoted(folder + "/task.yaml")
    console.print([
      ("next", "\("atoll task show \(task)", .next)"), ("next", "\("atoll run \(task)", .next)"),
      (
        "next",
        "\("atoll data check \(Shell.quoted(folder + "/sites/ashford.csv")) --label malignant", .next)"
      ),
    ])
  }
}
