import ArgumentParser
import AtollFederation
import AtollReport
import AtollScenarios
import AtollSimulation
import AtollStore
import FoundationEssentials

/// `atoll demo`: the whole product on real data that ship with it.
struct DemoCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "The whole product on real data that ship with it, in seconds.",
    discussion: """
      Four hospitals learn to tell malignant breast tumours from benign ones without showing each other their \
      patients. Leaves task.yaml and sites/*.csv to edit and run again.

      Data: Wisconsin Diagnostic Breast Cancer (Wolberg, Street, Mangasarian 1993), UCI Machine Learning Repository, \
      CC BY 4.0; shared out among four made-up hospitals.
      """)

  @Option(
    help: "The folder to work in, which must be new or empty. [default: atoll-demo, or atoll-demo-N]",
    completion: .directory, transform: nonEmptyPath)
  var out: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
  }

  func run(on console: Console) throws {
    let options = TaskRun.Options(threads: Machine.cores, isCancelled: Interrupt.watch())
    let folder = try prepareFolder()
    try Scaffold.breastTumours.write(to: folder)
    introduce(on: console)
    let path = folder + "/task.yaml"
    let task = try TaskFile.read(path)
    let data = try TaskData(task, progress: console.reading(until: options.isCancelled))
    let run = try TaskRun(task, data: data, folder: folder + "/run", version: Atoll.version, options: options)
    let request = RunRequest(task: path, folder: run.directory.path)
    _ = try RunReporter(run, console: console, request: request).complete(introduces: false)
    console.print(
      [
        ("", StyledText("atoll task show \(Shell.quoted(path))", .next)),
        ("", StyledText("atoll new my-study", .next)),
      ], width: 6)
  }

  private func prepareFolder() throws -> String {
    if let out {
      try requireNewFolder(out)
      return out
    }
    var folder = "atoll-demo"
    var number = 1
    while FileManager.default.fileExists(atPath: folder) {
      number += 1
      folder = "atoll-demo-\(number)"
    }
    return folder
  }

  private func introduce(on console: Console) {
    console.note(
      StyledText("Atoll demo:", .strong)
        + " tell malignant breast tumours from benign ones, at four hospitals that may not show each other their patients. Simulated on this machine."
    )
    console.note("")
    let sizes = BreastTumours.hospitals.map { "\($0.name) \($0.patients)" }.joined(separator: ", ")
    let lines = [
      ("data", "569 patients, 30 measurements (UCI, CC BY 4.0), shared out unevenly: \(sizes)"),
      ("model", "logistic regression, 31 numbers"),
      ("leaves", "each round, one update of 31 numbers and counts for the evaluation. Never rows."),
    ]
    for (label, text) in lines {
      let padded = label + String(repeating: " ", count: 9 - label.count)
      console.note("  \(padded)\(text)", indent: 11)
    }
  }
}
