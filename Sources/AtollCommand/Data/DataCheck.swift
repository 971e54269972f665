import ArgumentParser
import AtollFederation
import AtollLearning
import AtollReport
import AtollStore

/// `atoll data check`
struct DataCheck: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is in tables: types, missing values, what cannot be learnt from. Nothing is sent.",
    usage: "atoll data check <file> ... [--label <name>] [--include <name> ...] [--all] [<options>]",
    discussion: """
      A FILE is CSV, or an IDX array of images or labels; either may be compressed by gzip. \
      sqlite:FILE?query=SELECT… names what a query gives; a .yaml file says either of it, with a map of columns: \
      {sqlite: ward.db, query: "select …", map: {age: age_years}}. images:IMAGES,LABELS, or a folder with both files, \
      names images with their labels, and tells what a deployed task must say of them.

      COLUMNS:
        type     number, category, yes/no, date, identifier, constant or empty
        missing  the share of rows without a value
        values   what they are; at 120 columns instead: minimum, median, mean,
                 maximum, and how many values differ (distinct); ~ marks the
                 median of a sample

      Dates and identifiers are left out of what is learnt, unless asked for with --include. A cell that cannot be \
      read, such as text in a column of numbers, is an error: exit code 65, after the table.

      With --json: an event "table", one "column" for each column, "warning" for each warning, then "checked"; an \
      "array" for each IDX file, and "images" for a pair of them.
      """)

  @Argument(help: "The files.", completion: .file(), transform: nonEmptyPath)
  var files: [String]

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

  static let readsTask = false

  func run(on console: Console) throws {
    var failures: [Failure] = []
    for (index, file) in files.enumerated() {
      if index > 0 { console.print("") }
      do {
        try check(file, on: console)
      } catch {
        let failure = Failure(error, readsTask: false)
        // The other files are worth a look all the same.
        guard failure.status == .badInput, files.count > 1 else { throw error }
        failures.append(failure)
      }
    }
    guard var failure = failures.first else { return }
    for other in failures.dropFirst() { failure.faults += other.faults }
    throw failure
  }

  private func check(_ file: String, on console: Console) throws {
    let source = try DataSource(typed: file)
    if case .images(let images, let labels) = source.origin {
      return try ImagesSummary(images: images, labels: labels).report(on: console)
    }
    if case .csv(let path) = source.origin, try IDXSummary.isIDX(path) {
      return try IDXSummary(path).report(on: console)
    }
    let profile = try TableProfile(
      of: source, format: format.format(), progress: console.reading(file, pass: 0, of: 1))
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
    if file == files.last, let next = next(after: report) { console.print([("next", "\(next, .next)")]) }
  }

  /// What to type when the table is as wished; nil where the table has to change first.
  private func next(after report: TableReport) -> String? {
    guard report.canBeLearntFrom else { return nil }
    let names = files.map(Shell.quoted).joined(separator: " ")
    return label == nil ? "atoll data check \(names) --label NAME" : "atoll new my-study"
  }

  static func missing(_ name: String, among names: [String], in file: String) -> Failure {
    let nearest = nearestName(to: name, among: names).map { "\ndid you mean \($0)?" } ?? ""
    return Failure(
      .badInput, "\(file): there is no column “\(name)”\(nearest)\nthe columns are: \(listed(names))",
      details: ["file": .string(file), "column_name": .string(name)])
  }
}
