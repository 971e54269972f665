import ArgumentParser

/// Flags that every command has.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print one JSON object per line instead of text.")
  var json = false

  @Flag(help: "Print without colour. So do NO_COLOR, TERM=dumb and a pipe.")
  var noColor = false

  @Flag(name: .shortAndLong, help: "Print the result and warnings, but no progress.")
  var quiet = false
}

/// A subcommand that does something: it writes to a console, and its errors end with the right words and exit code.
protocol ConsoleCommand: ParsableCommand {
  var common: CommonOptions { get }

  /// What is not done when the command fails, as a sentence; nil where that goes without saying.
  static var undone: String? { get }

  /// Whether it reads tables as a task says; else as its options say.
  static var readsTask: Bool { get }

  /// The work.
  ///
  /// - Throws: any error of ours, or ``Failure`` where the command knows better what to say.
  func run(on console: Console) throws
}

extension ConsoleCommand {
  static var undone: String? { nil }
  static var readsTask: Bool { true }

  mutating func run() throws {
    let console = Console(isJSON: common.json, allowsColour: !common.noColor, isQuiet: common.quiet)
    do {
      try run(on: console)
      console.show(live: nil)
      try console.check()
    } catch let error where error is ExitCode || error is CleanExit || error is ValidationError {
      throw error
    } catch {
      let failure = Failure(error, readsTask: Self.readsTask).adding(undone: Self.undone)
      console.report(failure)
      throw ExitCode(failure.status.rawValue)
    }
  }
}
