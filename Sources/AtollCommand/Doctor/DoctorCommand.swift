import ArgumentParser

/// `atoll doctor`: what would keep a server or a participant from working.
struct DoctorCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what would keep a server from serving, or a participant from joining, and what mends it.",
    discussion: """
      Each check is one line: ok, warning or problem. Nothing is changed, and no data are sent. A participant that is \
      connected is not disturbed. Ends with 0 when there is no problem, else with the exit code of the first.

      EXAMPLES:
        atoll doctor --state server
        atoll doctor --identity st-olav --data admissions.csv
      """)

  @Option(help: "The folder of a server on this machine.", completion: .directory, transform: nonEmptyPath)
  var state: String?

  @Option(
    help: "The folder with a participant's key and certificate.", completion: .directory,
    transform: nonEmptyPath)
  var identity: String?

  @Option(
    help: "With --identity: the participant's table or images, as participate takes them.",
    completion: .file(extensions: ["csv", "gz"]),
    transform: nonEmptyPath)
  var data: String?

  @OptionGroup var proxy: ProxyOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (state == nil) != (identity == nil) else {
      throw ValidationError("name one: --state for a server, or --identity for a participant")
    }
    if data != nil, identity == nil { throw ValidationError("--data goes with --identity") }
    if proxy.proxy != nil, identity == nil { throw ValidationError("--proxy goes with --identity") }
  }

  func run(on console: Console) throws {
    var diagnosis = Diagnosis(console)
    if let state { ServerDoctor(state: state).examine(&diagnosis) }
    if let identity {
      ParticipantDoctor(folder: identity, data: data, proxy: proxy.choice).examine(&diagnosis)
    }
    try diagnosis.conclude()
  }
}
