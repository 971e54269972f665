import ArgumentParser
import AtollFederation
import AtollLearning

/// How a CSV file spells its table; the same as `data` in a task.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stands between two cells: a character, tab or blank; without it, found in the file.",
      valueName: "character"))
  var delimiter: Delimiter?

  @Option(help: "What stands before a number's fraction: point or comma.")
  var decimal: DecimalMark = .point

  @Option(
    help: ArgumentHelp(
      "The columns' names, where the file has no header line: age,sex,num", valueName: "names"))
  var columns: String?

  @Option(
    name: .customLong("missing-values"),
    help: ArgumentHelp(
      "Cells that stand for “not known”, separated by commas; an empty cell always does.", valueName: "texts")
  )
  var missingValues: String?

  var format: TableFormat {
    var format = TableFormat(decimal: decimal.mark, delimiter: delimiter?.character)
    format.columns = columns.map { $0.split(separator: ",").map { trimmed($0) } }
    if let missingValues {
      format.missingValues = [""] + missingValues.split(separator: ",").map { trimmed($0) }
    }
    return format
  }

  private func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  struct Delimiter: ExpressibleByArgument {
    let character: Character

    init?(argument: String) {
      if let named = DataPlan.Format.Delimiter(rawValue: argument) {
        character = named.character
      } else {
        guard argument.count == 1, let only = argument.first else { return nil }
        character = only
      }
    }
  }

  enum DecimalMark: String, ExpressibleByArgument, CaseIterable {
    case point, comma

    var mark: TableFormat.DecimalMark { self == .point ? .point : .comma }
  }
}
