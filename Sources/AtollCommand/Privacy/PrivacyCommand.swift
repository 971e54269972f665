import ArgumentParser

/// `atoll privacy`: what differential privacy costs, and what was spent.
struct PrivacyGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "privacy",
    abstract:
      "Account for differential privacy: what a mechanism promises, how much noise a promise takes, what is spent.",
    subcommands: [
      EpsilonCommand.self, NoiseCommand.self, LedgerCommand.self, StatementCommand.self, AuditCommand.self,
    ])
}
