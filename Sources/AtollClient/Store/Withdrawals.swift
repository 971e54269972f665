import AtollFederation
import AtollLearning
import AtollStore
import AtollWire
import FoundationEssentials

/// The runs that a participant's owner has withdrawn from: a file for each, which any process may write, whether or not
/// the participant runs.
struct Withdrawals: Sendable {
  /// The participant's folder.
  let folder: String

  private func file(_ run: RunID) -> String { "\(folder)/runs/\(run)/withdrawn" }

  func contains(_ run: RunID) -> Bool { FileManager.default.fileExists(atPath: file(run)) }

  /// - Throws: `Refusal` for a run that the owner has withdrawn from.
  func check(_ run: RunID) throws(Refusal) {
    guard contains(run) else { return }
    throw Refusal(rule: Self.rule, Self.message)
  }

  /// What a refusal names as its rule.
  static let rule = "withdrawn"
  /// What the server is told.
  static let message = "the participant has withdrawn from this run"

  /// - Returns: false when it had been withdrawn from before.
  /// - Throws: `StoreError`: `.notFound` for a run that it does not take part in.
  func add(_ run: RunID) throws(StoreError) -> Bool {
    guard FileManager.default.fileExists(atPath: "\(folder)/runs/\(run)") else {
      let known = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/runs"))?.sorted() ?? []
      throw StoreError(
        .notFound, path: folder,
        "there is no run “\(run)” that goes on here"
          + (known.isEmpty ? "" : "; there is \(listed(known, atMost: 6))"))
    }
    guard !contains(run) else { return false }
    try writeAtomically(Date.now.formatted(.iso8601).utf8, to: file(run))
    return true
  }
}
