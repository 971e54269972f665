import ArgumentParser
import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import FoundationEssentials

/// `atoll predict`
struct Predict: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Use a saved model on a table or on images: a CSV file comes out, a row for each row.",
    usage: "atoll predict <model> <data> [--out <file>] [<options>]",
    discussion: """
      MODEL is a run's folder or the model.safetensors in it; the model.json beside it is needed too. DATA is a CSV \
      file with the columns that the model was trained on, in any order and with others between, or an IDX file of \
      images; either may be compressed by gzip. A label is not needed. Nothing is sent.

      COLUMNS of what comes out:
        row                the row's number in DATA, from 1, without the header
        predicted          the likeliest class by its name; the number itself
                           where numbers are predicted
        probability_NAME   for each class, what the model gives it; they add up
                           to 1
        score, score_NAME  instead of probabilities, of a support vector
                           machine: above 0 speaks for the second of two
                           classes; of several classes the largest wins

      A missing value is filled in as in training. Where the model was trained on complete rows only, a row that \
      lacks a value has empty cells behind its number. Values of a category that the model never saw count as none \
      of its known ones. Both are warned of. With --json: an event "prediction" for each row, then "finished".
      """)

  @Argument(help: "The model.", completion: .file(), transform: nonEmptyPath)
  var model: String
  @Argument(help: "The data.", completion: .file(), transform: nonEmptyPath)
  var data: String
  @Option(
    help: ArgumentHelp(
      "Write to this file, which must not be there yet, instead of standard output.", valueName: "file"),
    completion: .file(), transform: nonEmptyPath)
  var out: String?
  @OptionGroup var format: TableOptions
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was predicted and nothing was written."
  static let readsTask = false

  func run(on console: Console) throws {
    if let out, FileManager.default.fileExists(atPath: out) {
      throw Failure(
        .cannotWrite, "\(out) is there already and is not overwritten", try: ["another name after --out"],
        details: ["file": .string(out)])
    }
    let saved = try SavedModel(model)
    let input =
      try IDXSummary.isIDX(data)
      ? ModelInput(images: data, labels: nil, for: saved)
      : ModelInput(table: data, options: format, for: saved, withLabel: false, on: console)
    let account = try write(input, by: PredictionTable(saved), on: console)
    for warning in account.warnings { console.warn(warning) }
    if account.incomplete > 0 {
      console.warn("\(Figure.count(account.incomplete, "row")) that lack a value have no prediction")
    }
    var fields: [String: JSON] = [
      "rows": .integer(account.rows), "predicted": .integer(account.examples), "data": .string(data),
      "model": .string(model),
    ]
    fields["out"] = out.map { .string($0) }
    console.emit("finished", fields)
    let done = "\(Figure.count(account.examples, "row")) of \(data) predicted by \(saved.words)"
    if let out { console.print("\(done): \(out)") } else { console.note("\(done).") }
  }

  private func write(
    _ input: ModelInput, by table: PredictionTable, on console: Console
  ) throws -> InputAccount {
    if let out {
      let file = try AtomicWriter(out)
      try file.write(table.header)
      let account = try input.forEachPiece(on: console) { try file.write(table.lines(for: $0)) }
      try file.commit()
      return account
    }
    if console.isJSON { return try input.forEachPiece(on: console) { try table.emit($0, on: console) } }
    var isFirst = true
    return try input.forEachPiece(on: console) { piece in
      // On a terminal, what is being read stands where the result goes now.
      console.show(live: nil)
      if isFirst { console.output.write(bytes: table.header) }
      isFirst = false
      console.output.write(bytes: try table.lines(for: piece))
      try console.check()
    }
  }
}
