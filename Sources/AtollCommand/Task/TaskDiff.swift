import ArgumentParser
import AtollFederation
import AtollNumerics

/// `atoll task diff`
struct TaskDiff: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say what changed from one task file to another, key by key.",
    discussion: """
      Defaults count as if they were written, so a key that is spelled out with its default is no change. The \
      exit code is 0 whether or not there are changes.

      With --json: an event "difference" for each key with path, old, new and words, then "compared" with both \
      hashes.
      """)

  @Argument(
    help: "The old task file.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var old: String
  @Argument(
    help: "The new task file.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var new: String
  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    let (before, after) = (try TaskFile.read(old), try TaskFile.read(new))
    let differences = FederatedTask.differences(from: before, to: after)
    for difference in differences {
      console.emit(
        "difference",
        [
          "path": .string(difference.path), "words": .string(difference.words),
          "old": difference.old.map { .string($0) } ?? .null,
          "new": difference.new.map { .string($0) } ?? .null,
        ])
    }
    console.emit(
      "compared",
      [
        "differences": .integer(differences.count), "old_sha256": .string(before.contentHash.hexadecimal),
        "new_sha256": .string(after.contentHash.hexadecimal),
      ])
    guard !differences.isEmpty else {
      let hash = before.contentHash == after.contentHash
      return console.print(hash ? "The tasks are the same: \(before.contentHash)" : "The tasks are the same.")
    }
    console.print(
      "\("\(Figure.count(differences.count, "key")) \(differences.count == 1 ? "differs" : "differ"):", .strong)"
    )
    console.print("")
    for difference in differences { console.print("  \(difference.words)", indent: 4) }
    console.print("")
    console.print([
      ("old", "\(before.contentHash.abbreviated)  \(old)"),
      ("new", "\(after.contentHash.abbreviated)  \(new)"),
    ])
  }
}
