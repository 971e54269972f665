import ArgumentParser
import AtollFederation
import AtollLearning
import AtollStore
import FoundationEssentials

/// The task that a command is about.
struct TaskArguments: ParsableArguments {
  @Argument(help: "The task file.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var task: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Change a key, as in federation.rounds=50; an empty value takes the key out. May be repeated; the last wins.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// Reads the file; relative paths in it start in its own folder.
  ///
  /// - Throws: `StoreError` and `InvalidTask`.
  func read() throws -> FederatedTask { try TaskFile.read(task, overrides: overrides) }
}

enum TaskFile {
  /// Reads a task file; `${NAME}` in it reads the environment.
  ///
  /// - Throws: `StoreError` and `InvalidTask`.
  static func read(_ path: String, overrides: [String] = []) throws -> FederatedTask {
    do {
      return try FederatedTask(contentsOf: path, overrides: overrides)
    } catch let error as StoreError where error.code == .notFound {
      throw Failure(error).adding(try: ["atoll new my-study        a study with a task to begin with"])
    }
  }
}

extension FederatedTask {
  /// Every file that the task names, in its order.
  var files: [String] {
    var files: [String] = []
    func add(_ source: DataPlan.Source) {
      switch source {
      case .table(let path, _): files.append(path)
      case .images(let path, let labels): files += [path, labels]
      }
    }
    switch data.origin {
    case .participants(let participants): participants.forEach { add($0.source) }
    case .pooled(let source, _): add(source)
    case .own: break
    }
    switch data.test {
    case .fraction: break
    case .assignment(let path): files.append(path)
    case .tables(let paths): files += paths
    case .images(let path, let labels): files += [path, labels]
    }
    if case .file(let path) = federation.initial { files.append(path) }
    return files
  }
}
