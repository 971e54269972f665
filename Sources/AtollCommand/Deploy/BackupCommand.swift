import ArgumentParser
import AtollNumerics
import AtollReport
import AtollServer

/// `atoll backup`: a copy of a server's state.
struct BackupCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy a server's state, also while it runs. Works on the server's machine.",
    discussion: """
      The copy is that of one instant, with the SHA-256 of each file. It holds the key of the federation's authority: \
      whoever has it can be the server. Keep it as you keep the server.

      EXAMPLES:
        atoll backup --state server --out backups/monday
        atoll restore backups/monday --state server
      """)

  @OptionGroup var server: StateOption

  @Option(
    help: "The folder for the copy, which must be new or empty.", completion: .directory,
    transform: nonEmptyPath)
  var out: String

  @OptionGroup var common: CommonOptions

  static let undone: String? = "There is no backup."

  func run(on console: Console) throws {
    console.show(live: StyledText("copying \(server.state)", .dim))
    let backup = try Backup(of: server.state, to: out, isCancelled: Interrupt.watch())
    console.emit("backed-up", backup.fields(folder: out))
    console.print("\(out, .strong): \(backup.files.count) files, \(Figure.bytes(backup.bytes)).")
    console.print("next   \("atoll restore \(Shell.quoted(out)) --state NEW", .next)")
  }
}

/// `atoll restore`: a server's folder from a copy.
struct RestoreCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a server's folder of a backup.",
    discussion: """
      Every file is checked by its SHA-256. What the server committed after the backup is not in it: a participant that \
      knows of a later round declines, and says so; runs of that time are to be cancelled and submitted anew. The server \
      that the backup is of must not run any more.

      What was given away of participants stays given away: where tasks promised privacy, --ledger names the ledger.jsonl \
      of the server that is gone, which has gone on since the backup; it takes the place of the backup's. Where nobody has \
      it, --ledger lost says so, and what was charged after the backup is forgotten.

      EXAMPLES:
        atoll restore backups/monday --state new-server
        atoll restore backups/monday --state new-server --ledger server/ledger.jsonl
      """)

  @Argument(help: "The backup's folder.", completion: .directory, transform: nonEmptyPath)
  var backup: String

  @Option(
    help: "The server's folder, which must be new or empty.", completion: .directory,
    transform: nonEmptyPath)
  var state: String

  @Option(
    help: ArgumentHelp(
      "The privacy ledger of the server that is gone, or lost.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]), transform: nonEmptyPath)
  var ledger: String?

  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was restored."

  func run(on console: Console) throws {
    console.show(live: StyledText("copying \(backup)", .dim))
    let restored = try Backup(
      restoring: backup, to: state, ledger: ledger.map { $0 == "lost" ? .lost : .file($0) },
      isCancelled: Interrupt.watch())
    console.emit("restored", restored.fields(folder: state))
    console.print("\(state, .strong) is as it was on \(restored.made).")
    if ledger == "lost" {
      console.warn("what was given away of participants after \(restored.made) is in no ledger any more")
    }
    console.print("next   \("atoll serve --state \(Shell.quoted(state))", .next)")
  }
}

extension Backup {
  fileprivate func fields(folder: String) -> [String: JSON] {
    [
      "folder": .string(folder), "made": .string(made), "files": .integer(files.count),
      "bytes": .integer(bytes),
    ]
  }
}
