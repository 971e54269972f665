import ArgumentParser
import AtollFederation
import AtollReport
import AtollStore

/// `atoll report`: the page about a run, from its record.
struct ReportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make the page about a run anew from its record.",
    discussion: """
      One file that opens offline: what came of the run, loss and metrics by round, each participant alone, federated
      and pooled, the model's mistakes, the bytes that moved, and what is not protected. It is made of task.yaml,
      events.jsonl and manifest.json in the run's folder alone, so the same record gives the same page; no data are
      read. A run that failed, or is not finished, has a page too.

      With --json: the event "reported".
      """)

  static let undone: String? = "No page was written."

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  @Option(
    help: "The page. [default: report.html in the run's folder]", completion: .file(extensions: ["html"]))
  var out: String?

  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    let path = try ReportFile.write(of: run, to: out)
    console.emit("reported", ["run": .string(run), "report": .string(path)])
    console.print([("report", StyledText(path))])
  }
}

/// A run's page as a file.
enum ReportFile {
  /// Reads a run's record and writes its page.
  ///
  /// - Parameters:
  ///   - folder: the run's.
  ///   - path: the page; nil for `report.html` in the folder.
  /// - Returns: where it was written.
  /// - Throws: `StoreError`, `InvalidTask`.
  static func write(of folder: String, to path: String? = nil) throws -> String {
    let path = path ?? folder + (folder.hasSuffix("/") ? "" : "/") + "report.html"
    let page = RunReport(of: try RunRecord.read(folder)).html
    try writeAtomically(page.utf8, to: path, durably: false)
    return path
  }
}
