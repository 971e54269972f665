import ArgumentParser
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire
import FoundationEssentials

/// `atoll members`: whom a server knows.
struct MembersCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "members",
    abstract: "List whom a server knows, and until when. Works on its machine.")

  @OptionGroup var server: StateOption
  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    let members = try server.open().members()
    for member in members {
      console.emit(
        "member",
        [
          "name": .string(member.name), "role": .string(member.role.rawValue),
          "certificate_sha256": .string("\(member.fingerprint)"), "until": .string(Self.date(member)),
          "revoked": .bool(member.isRevoked),
        ])
    }
    console.print(
      members.map { member in
        let state = member.isRevoked ? "revoked" : "until \(Self.date(member).prefix(10))"
        return (member.name, "\(member.role.rawValue), \(state), \(member.fingerprint.abbreviated)")
      })
  }

  private static func date(_ member: Member) -> String {
    Date(timeIntervalSince1970: Double(member.notAfter)).formatted(.iso8601)
  }
}

/// `atoll revoke`: ends a membership.
struct RevokeCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract:
      "End all certificates of a name: whoever shows one is turned away. Works on the server's machine.",
    discussion: "What the participant gave to sums that are committed stays in them. It may be invited anew.")

  @Argument(help: "The name in the federation.")
  var name: String

  @OptionGroup var server: StateOption
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was revoked."

  func run(on console: Console) throws {
    try server.open().revoke(name)
    console.emit("revoked", ["name": .string(name)])
    console.print("\(name, .strong) is turned away from now on.")
    console.print(
      "next   \("atoll invite \(Shell.quoted(name)) --state \(Shell.quoted(server.state))", .next)  to let it in again"
    )
  }
}
