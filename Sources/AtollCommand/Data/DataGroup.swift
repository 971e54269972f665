import ArgumentParser

/// `atoll data`: what is in files of data.
struct DataGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Look into files of data. Nothing is sent anywhere.",
    subcommands: [DataCheck.self])
}
