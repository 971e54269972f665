import ArgumentParser
import AtollFederation
import AtollLearning
import AtollNumerics

/// `atoll evaluate`
struct Evaluate: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Say how good a saved model is on a table or on images.",
    usage: "atoll evaluate <model> <data> [--labels <file>] [<options>]",
    discussion: """
      MODEL is a run's folder or the model.safetensors in it; the model.json beside it is needed too. DATA is a CSV \
      file with the columns that the model was trained on, its label among them, in any order and with others \
      between; or an IDX file of images, with --labels. Either may be compressed by gzip. Nothing is sent.

      FIGURES, each equal to scikit-learn's of that name:
        classes   accuracy, balanced-accuracy, auc, average-precision, f1;
                  where the model gives probabilities also log-loss and
                  calibration-error; then how often each class was taken for
                  each
        numbers   rmse, mae, r2

      Rows without a label are left out and counted. With --json: the event "evaluated".
      """)

  @Argument(help: "The model.", completion: .file(), transform: nonEmptyPath)
  var model: String
  @Argument(help: "The data.", completion: .file(), transform: nonEmptyPath)
  var data: String
  @Option(
    help: ArgumentHelp("The labels of images, an IDX file.", valueName: "file"), completion: .file(),
    transform: nonEmptyPath)
  var labels: String?
  @OptionGroup var format: TableOptions
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was evaluated."
  static let readsTask = false

  func run(on console: Console) throws {
    let saved = try SavedModel(model)
    let input: ModelInput
    if try IDXSummary.isIDX(data) {
      guard let labels else {
        throw Failure.unfit(data, "images have their labels in a file of their own", try: ["--labels FILE"])
      }
      input = try ModelInput(images: data, labels: labels, for: saved)
    } else {
      input = try ModelInput(table: data, options: format, for: saved, withLabel: true, on: console)
    }
    var scores: [Double] = []
    var targets: Targets?
    let account = try input.forEachPiece(on: console) { piece in
      scores += try saved.outputs(for: piece.examples).map(Double.init)
      targets = targets?.appending(piece.examples.targets) ?? piece.examples.targets
    }
    guard account.examples > 0, let targets else {
      throw Failure.unfit(data, "no row has a label and all values")
    }
    for warning in account.warnings { console.warn(warning) }
    let report = try EvaluationReport(scores: scores, targets: targets, account: account, of: saved)
    report.emit(on: console, model: model, data: data)
    report.print(on: console, saved: saved, data: data)
  }
}
