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

  @Argument(help: "The model.", completion: .file())
  var model: String
  @Argument(help: "The data.", completion: .file())
  var data: String
  @Option(help: ArgumentHelp("The labels of images, an IDX file.", valueName: "file"), completion: .file())
  var labels: String?
  @OptionGroup var format: TableOptions
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was evaluated."

  func run(on console: Console) throws {
    let saved = try SavedModel(model)
    let input: ModelInput
    if try IDXSummary.isIDX(data) {
      guard let labels else {
        throw Failure.unfit(data, "images have their labels in a file of their own", try: ["--labels FILE"])
      }
      input = try ModelInput(images: data, labels: labels, for: saved)
    } else {
      input = try ModelInput(table: data, format: format.format, for: saved, withLabel: true)
    }
    guard !input.rows.isEmpty else { throw Failure.unfit(data, "no row has a label and all values") }
    for remark in input.remarks { console.warn(remark) }
    let scores = try saved.outputs(for: input.examples).map(Double.init)
    let report = try EvaluationReport(scores: scores, input: input, of: saved)
    report.emit(on: console, model: model, data: data)
    report.print(on: console, saved: saved, data: data)
  }
}
