import AtollExternal
import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollStore
import Foundation

/// A folder of its own for a test, removed with the value.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("atoll-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a program of Python beside the contract's helper.
  ///
  /// - Returns: the command that runs it.
  func python(_ text: String) throws -> String {
    let helper = path + "/atoll_trainer.py"
    if !FileManager.default.fileExists(atPath: helper) {
      try FileManager.default.copyItem(atPath: Examples.path + "/atoll_trainer.py", toPath: helper)
    }
    try text.write(toFile: path + "/train.py", atomically: true, encoding: .utf8)
    return "python3 '\(path)/train.py'"
  }

  /// Writes a program of the shell.
  ///
  /// - Returns: the command that runs it.
  func shell(_ text: String) throws -> String {
    try text.write(toFile: path + "/train.sh", atomically: true, encoding: .utf8)
    return "sh '\(path)/train.sh'"
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }
}

enum Examples {
  /// The programs that are shown to users.
  static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/external-trainer").path

  /// Whether the command says yes.
  static func succeeds(_ command: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  static let hasPython = succeeds("python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))'")
  static let hasNumPy = succeeds("python3 -c 'import numpy'")
}

/// Labelled points at three participants of different sizes.
enum Points {
  static let participants = Participants(
    Dictionary(
      uniqueKeysWithValues: ["ashford", "birk", "corvo"].enumerated().map { place, name in
        (ParticipantID(stringLiteral: name), examples(of: name, count: 20 + 5 * place))
      }))

  private static func examples(of name: String, count: Int) -> Dataset {
    var coins = RandomStream(seed: 5, purpose: .sample, participant: name)
    let labels = (0..<count).map { Int32($0 % 2) }
    let features = labels.flatMap { label in
      (0..<4).map { column in Float(coins.normal() + (label == 1 && column < 2 ? 1.2 : 0)) }
    }
    return Dataset(inputShape: [4], features: features, targets: .classes(labels, count: 2))
  }

  static func task(_ overrides: String...) throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: classification
        name: points
        data: {participants: own, test: 0.25}
        model: logistic
        training: {batch-size: full, local-epochs: 3, learning-rate: 0.2, l2: 0.01}
        federation: {rounds: 4}
        evaluation: {baselines: []}
        """, overrides: overrides)
  }

  /// The model that a trainer ends with.
  static func model(_ task: FederatedTask, _ trainer: any Trainer, threads: Int = 2) throws -> ParameterSet {
    try Study(task, participants: participants, threads: threads, trainer: trainer).run().model.parameters
  }

  /// Why a run with this trainer fails; nil when it does not.
  static func failure(
    _ command: String, limits: ExternalTrainer.Limits = .init(time: .seconds(60)), _ overrides: String...
  ) throws -> RunFailure? {
    do {
      let task = try task().setting(overrides)
      _ = try model(task, ExternalTrainer(command, limits: limits), threads: 1)
      return nil
    } catch let failure as RunFailure { return failure }
  }
}
