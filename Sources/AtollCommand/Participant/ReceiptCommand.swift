import ArgumentParser
import AtollNumerics
import AtollReport
import AtollStore

/// `atoll receipt`: what left a participant.
struct ReceiptCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "Show what left a participant, and check that the record is as it was written.",
    discussion: """
      A participant's file of receipts has a line for every message that left: what, when, to whom, how many bytes, \
      and their SHA-256. Each line carries the SHA-256 of the line before; a file beside it, FILE.head, says where \
      it ends. So lines that were changed, moved, taken out or cut off are noticed, and named.

      Whoever can write both files can forge both: keep the last line's SHA-256 elsewhere now and then, and give it \
      with --head.

      Exit code 0 when all holds, 1 when something does not. With --json: an event "receipt" for each line, then \
      "receipts".
      """)

  @Argument(help: "The file of receipts.", completion: .file(extensions: ["jsonl"]), transform: nonEmptyPath)
  var file: String

  @Option(
    help: ArgumentHelp(
      "A last line's SHA-256 that was kept elsewhere: it must be in the file.", valueName: "sha256"))
  var head: String?

  @Option(help: "Show the receipts of this run only. All are checked.")
  var run: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let head, ContentHash(head) == nil {
      throw ValidationError("--head is sha256: and 64 hexadecimal digits")
    }
  }

  func run(on console: Console) throws {
    let audit = try ReceiptAudit(contentsOf: file, mirrored: head.flatMap { ContentHash($0) })
    // There is nothing to show of what is no book.
    if let fault = audit.fault, fault == .noBook { throw failure(fault) }
    let shown = audit.receipts.filter { run == nil || $0.entry.run == run }
    for receipt in shown {
      console.emit(
        "receipt",
        [
          "number": .integer(receipt.number), "time": .string(receipt.time),
          "to": .string(receipt.entry.recipient),
          "run": .string(receipt.entry.run), "exchange": .integer(receipt.entry.exchange),
          "what": .string(receipt.entry.what), "bytes": .integer(receipt.entry.bytes),
          "sha256": .string(receipt.entry.hash.hexadecimal),
        ])
    }
    if !shown.isEmpty {
      var table = TextTable([
        .number(""), .text("when"), .text("to"), .text("run"), .number("bytes"), .text("SHA-256"),
        .text("what"),
      ])
      table.rows = shown.map { receipt in
        [
          StyledText(Figure.grouped(receipt.number)), StyledText(receipt.time),
          StyledText(receipt.entry.recipient), StyledText(receipt.entry.run),
          StyledText(Figure.grouped(receipt.entry.bytes)),
          StyledText("\(receipt.entry.hash.hexadecimal.prefix(8))…"),
          StyledText(receipt.entry.what),
        ]
      }
      console.print(table)
      console.print("")
    }
    report(audit, shown: shown, on: console)
    if let fault = audit.fault { throw failure(fault) }
  }

  private func failure(_ fault: ReceiptAudit.Fault) -> Failure {
    Failure(.runFailed, "\(file): \(fault)", details: ["file": .string(file)])
  }

  private func report(_ audit: ReceiptAudit, shown: [Receipt], on console: Console) {
    let bytes = shown.reduce(0) { $0 + $1.entry.bytes }
    console.emit(
      "receipts",
      [
        "participant": .string(audit.participant), "began": .string(audit.began),
        "receipts": .integer(audit.receipts.count), "shown": .integer(shown.count), "bytes": .integer(bytes),
        "holds": .bool(audit.fault == nil), "head": .string(audit.head.hexadecimal),
        "fault": audit.fault.map { .string("\($0)") } ?? .null,
      ])
    if audit.torn > 0 {
      console.warn(
        "the last \(Figure.count(audit.torn, "byte")) are a line that was never finished: what it is about did not leave"
      )
    }
    let what = Figure.count(shown.count, "message") + (run == nil ? "" : " of run \(run ?? "")")
    console.print("\("\(audit.participant)", .strong): \(what), \(Figure.bytes(bytes)), since \(audit.began)")
    guard audit.fault == nil else { return }
    console.print([
      ("chain", "unbroken, \(Figure.count(audit.receipts.count, "receipt"))"), ("head", "\(audit.head)"),
    ])
  }
}
