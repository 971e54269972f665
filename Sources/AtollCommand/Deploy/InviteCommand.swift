import ArgumentParser
import AtollServer
import AtollWire
import FoundationEssentials

/// `atoll invite`: one enrolment.
struct InviteCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite",
    abstract: "Make an invitation to a federation, good for one enrolment.",
    discussion: """
      The invitation goes to standard output. It is a secret until it is used, and worth nothing afterwards: give it to \
      the data owner on a way that you trust, and let them compare the line “federation” with yours. Works while the \
      server runs, on its machine.

      EXAMPLES:
        atoll invite st-olav --state server > st-olav.invite
        atoll invite wall-screen --role viewer --state server > wall-screen.invite
      """)

  @Argument(help: "The name in the federation.")
  var name: String

  @OptionGroup var server: StateOption

  @Option(help: "What it may do: participant, operator or viewer.", transform: roleName)
  var role = Role.participant

  @Option(help: "How many days the invitation can be used.")
  var days = ServerState.invitationDays

  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nobody was invited."

  func validate() throws {
    guard (1...90).contains(days) else { throw ValidationError("--days lies between 1 and 90") }
  }

  func run(on console: Console) throws {
    let invitation = try server.open().invite(name, as: role, days: days)
    console.emit(
      "invitation",
      [
        "name": .string(name), "role": .string(role.rawValue),
        "federation": .string("\(invitation.federation)"),
        "expires": .string(invitation.expires.formatted(.iso8601)), "invitation": .string(invitation.text),
      ])
    if !console.isJSON {
      console.output.write(invitation.text.split(separator: "\n").map { StyledText(String($0)) })
    }
  }
}

/// Reads a role from the command line.
@Sendable private func roleName(_ text: String) throws -> Role {
  guard let role = Role(rawValue: text) else {
    throw ValidationError("“\(text)” is no role; there are participant, operator and viewer")
  }
  return role
}
