import ArgumentParser
import AtollClient
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll enroll`: a data owner comes into a federation.
struct EnrollCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll",
    abstract: "Come into a federation, with an invitation of its operator.",
    discussion: """
      The key is made here, in a file that only you can read, and never leaves; the server certifies it. When the \
      connection breaks meanwhile, type the same again.

      EXAMPLES:
        atoll enroll https://fl.north.example:7443 --invitation st-olav.invite --identity st-olav
      """)

  @Argument(help: "Where the server is.", transform: address)
  var url: ServerAddress

  @Option(help: "The file with the invitation.", completion: .file(), transform: nonEmptyPath)
  var invitation: String

  @Option(
    help: "The identity's folder, which is made. [default: the invitation's name]", completion: .directory,
    transform: nonEmptyPath)
  var identity: String?

  @OptionGroup var way: ProxyOption
  @OptionGroup var common: CommonOptions

  static let undone: String? = "You are not enrolled."

  func run(on console: Console) throws {
    guard let bytes = FileManager.default.contents(atPath: invitation) else {
      throw Failure(.badInput, "\(invitation): there is no such file")
    }
    let read: Invitation
    do {
      read = try Invitation(String(decoding: bytes, as: UTF8.self))
    } catch {
      throw Failure(.badInput, "\(invitation): \(error.message)")
    }
    let folder = identity ?? read.name
    let (url, proxy) = (url, way.choice)
    console.show(live: StyledText("asking \(url), for up to 20 s", .dim))
    let made = try waiting { try await Enrolment.enroll(read, at: url, folder: folder, proxy: proxy) }
    let until = try made.notAfter.formatted(.iso8601)
    console.emit(
      "enrolled",
      [
        "name": .string(made.name), "role": .string(made.role.rawValue), "server": .string(url.url),
        "identity": .string(folder), "federation": .string("\(made.federation)"), "until": .string(until),
      ])
    console.print("\(made.name, .strong) is enrolled at \(url), as \(made.role.rawValue), until \(until).")
    console.print([("federation", "\(made.federation)"), ("identity", "\(folder)")], margin: 2)
    let next =
      switch made.role {
      case .participant: "atoll participate TASK --identity \(Shell.quoted(folder)) --data FILE"
      case .operator: "atoll submit TASK --identity \(Shell.quoted(folder))"
      case .viewer: "atoll runs --identity \(Shell.quoted(folder))"
      }
    console.print("next   \(next, .next)")
  }
}
