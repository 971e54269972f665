import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

/// The task of a run that a participant answered to.
struct AnsweredTask: Codable {
  /// Its canonical text.
  let yaml: String
  /// Its hash.
  let hash: ContentHash
  /// Who signed it; empty where nobody did.
  let signer: String

  private enum CodingKeys: String, CodingKey { case yaml, hash = "sha256", signer }

  /// Where a participant keeps it.
  static func file(of run: RunID, in folder: String) -> String { "\(folder)/tasks/\(run).json" }

  /// - Returns: nil where the run was never answered to.
  /// - Throws: `StoreError`, with code `.corrupt` where the file is not what was written.
  static func read(of run: RunID, in folder: String) throws -> (kept: AnsweredTask, task: FederatedTask)? {
    let file = file(of: run, in: folder)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let kept = try readJSON(AnsweredTask.self, file)
    let task: FederatedTask
    do {
      task = try FederatedTask(yaml: kept.yaml)
    } catch {
      throw StoreError(.corrupt, path: file, "the task in it cannot be read: \(error)")
    }
    guard task.contentHash == kept.hash else {
      throw StoreError(.corrupt, path: file, "the task in it has another SHA-256 than it says")
    }
    return (kept, task)
  }
}
