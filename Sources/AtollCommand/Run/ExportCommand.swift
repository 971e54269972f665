import ArgumentParser
import AtollReport
import AtollStore

/// `atoll export`: a run for other tools.
struct ExportGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a finished run as other tools keep theirs.",
    subcommands: [ExportMLflow.self])
}

/// `atoll export mlflow`
struct ExportMLflow: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "mlflow",
    abstract: "Write a finished run into a folder of MLflow's.",
    discussion: """
      The run becomes one of an experiment named after its task: the task's settings as parameters, every figure of \
      every round as a metric, the model and the report as artifacts. MLflow's file store is written as it is; MLflow \
      itself is not needed. A run that is there already is not overwritten: exit code 73.

      MLflow 3 takes a folder in place of a database only where MLFLOW_ALLOW_FILE_STORE=true; its migrate-filestore \
      brings one into a database.

      EXAMPLES:
        atoll export mlflow runs/heart-1 --out mlruns
        MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns
      """)

  @Argument(help: "The run's folder.", completion: .directory, transform: nonEmptyPath)
  var run: String

  @Option(
    help: "MLflow's folder; made where it is not there.", completion: .directory, transform: nonEmptyPath)
  var out: String

  @Option(help: "The experiment's name. [default: the task's]")
  var experiment: String?

  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was exported."

  func validate() throws {
    if let experiment, experiment.isEmpty || experiment.contains(where: \.isNewline) {
      throw ValidationError("--experiment is a name")
    }
  }

  func run(on console: Console) throws {
    let export = try MLflowExport(of: run, to: out, experiment: experiment)
    console.emit(
      "exported",
      [
        "run": .string(run), "folder": .string(export.folder), "experiment_id": .string(export.experiment),
        "run_id": .string(export.run),
      ])
    console.print("\("\(run)", .strong) is run \(export.run) of experiment \(export.experiment) in \(out).")
    console.print([
      ("next", "\("MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri \(Shell.quoted(out))", .next)")
    ])
  }
}
