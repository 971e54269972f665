import ArgumentParser
import AtollLearning
import AtollReport
import AtollStore

/// `atoll data check`
struct DataCheck: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is in a table: types, missing values, what cannot be learnt from. Nothing is sent.",
    usage: "atoll data check <file> [--label <name>] [--include <name> ...] [--all] [<options>]",
    discussion: """
      FILE is CSV, or an IDX array of images or labels; either may be compressed by gzip.

      COLUMNS:
        type     number, category, yes/no, date, identifier, constant or empty
        missing  the share of rows without a value
        values   what they are; at 120 columns instead: minimum, median, mean,
                 maximum, and how many values differ (distinct)

      Dates and identifiers are left out of what is learnt, unless asked for with --include. A cell that cannot be \
      read, such as text in a column of numbers, is an error: exit code 65, after the table.

      With --json: an event "table", one "column" for each column, "warning" for each warning, then "checked".
      """)

  @Argument(help: "The file.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("The column to be predicted.", valueName: "name"))
  var label: String?

  @Option(
    help: ArgumentHelp(
      "A column to learn from although it looks like an identifier or a date; repeatable.", valueName: "name")
  )
  var include: [String] = []

  @Flag(help: "Show every column.")
  var all = false

  @OptionGroup var format: TableOptions
  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    if try IDXSummary.isIDX(file) { return try IDXSummary(file).report(on: console) }
    let profile = try TableProfile(csv: file, format: format.format)
    let names = profile.columns.map(\.name)
    for name in [label].compactMap({ $0 }) + include where !names.contains(name) {
      throw Self.missing(name, among: names, in: file)
    }
    let report = TableReport(profile, file: file, label: label, include: Set(include))
    report.emit(on: console)
    console.print("\("\(file):", .strong) \(report.size). Nothing was sent.")
    console.print("")
    for line in report.table(isWide: console.terminal.isWide, all: all) {
      switch line {
      case .rows(let table): console.print(table)
      case .remark(let text): console.print("  \(text, .dim)")
      }
    }
    let warnings = report.warnings
    if !warnings.isEmpty { console.print("") }
    for warning in warnings { console.print("\("warning:", .warning) \(warning)", indent: 9) }
    console.print("")
    console.print("\(report.verdict)")
    if let failure = report.failure { throw failure }
    let next =
      label == nil
      ? "atoll data check \(Shell.quoted(file)) --label NAME" : "atoll new my-study"
    console.print([("next", "\(next, .next)")])
  }

  static func missing(_ name: String, among names: [String], in file: String) -> Failure {
    let nearest = nearestName(to: name, among: names).map { "\nDid you mean \($0)?" } ?? ""
    let shown = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
    return Failure(
      .badInput, "\(file): there is no column “\(name)”\(nearest)\nThe columns are: \(shown)",
      details: ["file": .string(file), "column_name": .string(name)])
  }
}
