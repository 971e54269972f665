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

  @Option(help: "What stands before a number's fraction: point or comma. [default: point]")
  var decimal: DecimalMark?

  @Option(
    help: ArgumentHelp(
      "The columns' names, where the file has no header line: age,sex,num", valueName: "names"))
  var columns: String?

  @Option(
    name: .customLong("missing-values"),
    help: ArgumentHelp(
      "Cells that stand for “not known”, separated by commas; an empty cell always does. [default: \(usual)]",
      valueName: "texts"))
  var missingValues: String?

  private static let usual = AtollLearning.TableFormat.usualMissingValues.filter { !$0.isEmpty }
    .joined(separator: ",")

  /// What is said here, over what is known already.
  ///
  /// - Parameter known: of a model, how the tables that it learnt from are written.
  func format(over known: AtollLearning.TableFormat = .init()) -> AtollLearning.TableFormat {
    var format = known
    if let delimiter { format.delimiter = delimiter.character }
    if let decimal { format.decimal = decimal.mark }
    if let columns { format.columns = columns.split(separator: ",").map { trimmed($0) } }
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
