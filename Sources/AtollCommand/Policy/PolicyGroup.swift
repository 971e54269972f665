import ArgumentParser
import AtollFederation

/// `atoll policy`: what a participant allows.
struct PolicyGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Check and explain what a participant allows.",
    subcommands: [PolicyCheck.self, PolicySchemaCommand.self])
}

/// `atoll policy schema`
struct PolicySchemaCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "List every key of a policy file with its legal values and what holds without it.",
    discussion: """
      With --json: a JSON Schema (draft 2020-12) on one line, for editors. Saved as atoll-policy.json beside the \
      policy, it completes and checks keys in editors with a YAML language server, where the policy begins with
        # yaml-language-server: $schema=atoll-policy.json
      """)

  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    console.output.write(schema: PolicySchema.jsonSchema, listing: PolicySchema.listing(width:), for: console)
  }
}
