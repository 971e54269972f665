import ArgumentParser
import AtollFederation
import AtollLearning

/// The command `atoll`: what was typed becomes one of the subcommands, each a file beside this one.
@main
struct Atoll: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atoll",
    abstract: "Learn from data that may not leave where it is.",
    discussion: """
      Start with a study of your own:  atoll new my-study
      What a table holds:              atoll data check FILE
      What a task would do:            atoll task show task.yaml
      All keys of a task file:         atoll task schema
      How fast this machine is:        atoll bench
      Help for one command:            atoll help task check
      Completions for your shell:      atoll --generate-completion-script bash

      The result goes to standard output, progress and errors to standard error. With --json, which every \
      command takes, the result is one JSON object per line, each with an "event"; the last is "error" where a \
      command fails.

      EXIT CODES:
        0   done
        1   the run failed: it diverged, or too few participants answered
        64  the command was typed wrongly
        65  bad input: a missing file, a malformed task, table or model,
            or a model and data that do not fit
        69  a server did not answer in time
        70  a fault of atoll itself
        73  something cannot be written: a full or read-only disk
        75  try later: another process is working on the same run, or has the port
        76  the other side refused: a certificate, a task, a version
        77  refused by the data owner's own rules, or by a budget
        130 interrupted
      """,
    version: "atoll \(version)",
    subcommands: [
      DemoCommand.self, New.self, DataGroup.self, TaskGroup.self, PolicyGroup.self, RunCommand.self,
      ReportCommand.self, VerifyCommand.self, ExportGroup.self, Evaluate.self, Predict.self,
      ServeCommand.self,
      InviteCommand.self, DashboardCommand.self, EnrollCommand.self, ParticipateCommand.self,
      SubmitCommand.self, RunsCommand.self,
      WatchCommand.self, CancelCommand.self, MembersCommand.self, RevokeCommand.self, BackupCommand.self,
      RestoreCommand.self, RehearseCommand.self, WithdrawCommand.self, ReceiptCommand.self,
      PrivacyGroup.self, BenchCommand.self, DoctorCommand.self,
    ])

  static let version = RunHeader.currentVersion

  static func main() {
    Interrupt.endsWithReader()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  /// Ends after help, completions, a usage error, or a failure that has been reported already.
  private static func end(with error: any Error) -> Never {
    if error is ExitCode { exit(withError: error) }
    let arguments = CommandLine.arguments.dropFirst()
    if exitCode(for: error).isSuccess {
      let output = Channel(1, Terminal(of: 1))
      // A script for a shell is no text for people.
      let isScript = arguments.contains { $0.hasPrefix("--generate-completion-script") }
      if output.terminal.hasUnicode || isScript { exit(withError: error) }
      let lines = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
      output.write(lines.map { output.terminal.spell(StyledText(String($0))) })
      exit()
    }
    let console = Console(
      isJSON: arguments.contains("--json"), allowsColour: !arguments.contains("--no-color"))
    console.report(.usage(message: message(for: error), explanation: fullMessage(for: error)))
    exit(withError: ExitCode(ExitStatus.usage.rawValue))
  }
}

extension Failure {
  /// - Parameters:
  ///   - message: what is wrong with what was typed.
  ///   - explanation: the parser's own text, whose lines tell the usage and where help is.
  fileprivate static func usage(message: String, explanation: String) -> Failure {
    var words = message.isEmpty ? "this is no command of atoll" : message
    // The parser's words, in the style of ours.
    words = typographic(words)
    if let first = words.first, first.isUppercase, words.dropFirst().first?.isLowercase == true {
      words = first.lowercased() + words.dropFirst()
    }
    if words.hasSuffix(".") { words.removeLast() }
    var failure = Failure(.usage, words)
    for line in explanation.split(separator: "\n") {
      // Long ones are no help: that is what --help is for.
      if line.hasPrefix("Usage: "), line.count <= 80 {
        failure.faults[0].append("usage: \(line.dropFirst(7))")
      }
      if let help = line.split(separator: "'").first(where: { $0.hasSuffix("--help") }) {
        failure.attempts.append(String(help))
      }
    }
    return failure
  }
}
