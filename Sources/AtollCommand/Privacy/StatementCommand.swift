import ArgumentParser
import AtollClient
import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll privacy receipt`: what a run took of a data owner, for the files.
struct StatementCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract:
      "Make a statement of what a run took of your data, for the data-protection officer; or check one.",
    discussion: """
      What left, what the server could see, which guarantee holds against whom and by which accountant, what was told \
      exactly and is not covered, what is not protected, and what all runs together have taken of the same data. It is \
      made of what your participant wrote before anything left: its receipts, its ledger, and the task that it agreed to.

      With --json: the statement on one line, and behind it a line with the signature of the identity's key over the \
      first, and the certificate. --verify checks such a file. Exit code 1 when it does not hold.

      EXAMPLES:
        atoll privacy receipt heart-disease-1 --identity st-olav
        atoll privacy receipt heart-disease-1 --identity st-olav --json > heart-disease-1.statement
        atoll privacy receipt --verify heart-disease-1.statement --identity st-olav
        atoll privacy receipt runs/heart-disease-1
      """)

  @Argument(
    help: "The run's name, as the participant was told; or the folder of a simulated run.",
    transform: nonEmptyPath)
  var run: String?

  @Option(
    help: "The folder with your key and certificate; with --verify, that of anyone of the federation.",
    completion: .directory, transform: nonEmptyPath)
  var identity: String?

  @Option(help: "Check this file.", completion: .file(), transform: nonEmptyPath)
  var verify: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (run == nil) != (verify == nil) else {
      throw ValidationError(
        run == nil ? "name a run, or a file to --verify" : "--verify takes the place of the run")
    }
  }

  func run(on console: Console) throws {
    if let verify { return try SignedLines.check(verify, identity: identity, on: console) }
    guard let run else { return }
    guard let identity else {
      guard FileManager.default.fileExists(atPath: run + "/task.yaml") else {
        throw Failure(
          .usage,
          "“\(run)” is no folder of a simulated run; of a run over a network, --identity says whose statement it is"
        )
      }
      let statement = try PrivacyStatement(simulatedIn: run)
      console.emit("statement", statement.fields())
      return statement.print(on: console)
    }
    let name = try runName(run)
    let who = try Identity(contentsOf: identity)
    let statement = try PrivacyStatement(about: name, in: identity + "/state")
    statement.print(on: console)
    let fields = statement.fields(of: who)
    console.emit("statement", fields)
    let signed = try SignedStatement(of: Data(Console.line("statement", fields).utf8), by: who)
    console.emit(
      "signature",
      [
        "signer": .string(who.name), "signature": .string(signed.signature.base64EncodedString()),
        "certificate": .string(signed.certificate.base64EncodedString()),
      ])
    console.print("")
    console.print(
      "next   \("atoll privacy receipt \(run) --identity \(Shell.quoted(identity)) --json > \(run).statement", .next)   signed by \(who.name)"
    )
  }
}
