import ArgumentParser

/// `atoll privacy`: what differential privacy costs.
struct PrivacyGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "privacy",
    abstract:
      "Account for differential privacy: what a mechanism promises, and how much noise a promise takes.",
    subcommands: [EpsilonCommand.self, NoiseCommand.self])
}
