import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollStore
import Foundation

/// A task of the folder `Examples`, run in this process. Their data are not part of the product: `ATOLL_SHARED` names the
/// folder that has them.
struct Example {
  static let shared = ProcessInfo.processInfo.environment["ATOLL_SHARED"]

  let task: FederatedTask
  let data: TaskData

  /// - Parameters:
  ///   - name: the folder's.
  ///   - file: the task's, without its ending.
  ///   - overrides: what is set, as on a command line.
  init(_ name: String, file: String = "task", _ overrides: [String] = []) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../Examples/\(name)/")
    task = try FederatedTask(
      yaml: Array(Data(contentsOf: folder.appending(path: "\(file).yaml"))), file: "\(name)/\(file).yaml",
      folder: folder.path, overrides: overrides, environment: { $0 == "ATOLL_SHARED" ? Self.shared : nil })
    data = try TaskData(task)
  }

  /// The federated model, evaluated after the last round.
  func learn() throws -> LearnedModel {
    func run<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws -> LearnedModel {
      try Simulation(
        of: MemoryPopulation(data.participants), workers: .training, store: MemoryRunStore(),
        header: task.contentHash, options: Simulation.Options(seed: task.federation.seed)
      ).run(program)
    }
    return try run(task.program(preparation: data.preparation))
  }

  /// What training on all rows in one place gives, on the same held-out rows.
  func pooled(_ preparation: Preparation) throws -> Evaluation? {
    try Baselines(
      of: task, data: data.participants, preparation: preparation,
      options: Simulation.Options(seed: task.federation.seed)
    ).pooled?.pooled
  }

  /// A metric of the federated model and of pooled training: the mean over seeds in a row, from the task's own on.
  static func mean(
    of metric: Metric, in name: String, seeds: Int, _ overrides: [String] = []
  ) throws -> (federated: Double, pooled: Double) {
    var (federated, pooled) = (0.0, 0.0)
    let first = try Example(name).task.federation.seed
    for seed in first..<first + UInt64(seeds) {
      let quiet = [
        "federation.seed=\(seed)", "evaluation.every=1000000", "evaluation.baselines=[pooled]",
        "evaluation.metrics=[\(metric.rawValue)]",
      ]
      let example = try Example(name, overrides + quiet)
      let model = try example.learn()
      federated += model.evaluation?.pooled[metric] ?? .nan
      pooled += try example.pooled(model.preparation)?[metric] ?? .nan
    }
    return (federated / Double(seeds), pooled / Double(seeds))
  }
}
