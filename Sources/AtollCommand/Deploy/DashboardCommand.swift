import ArgumentParser
import AtollDashboard
import AtollServer
import AtollWire
import FoundationEssentials

/// `atoll dashboard`: lets someone look at a server's pages.
struct DashboardCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard",
    abstract: "Make a link that opens a server's pages, once.",
    discussion: """
      The link can be used once, for some minutes, and signs a browser in for some days. It is a secret until it is used. \
      Works while the server runs, on its machine.

      EXAMPLES:
        atoll dashboard --state server
        atoll dashboard --state server --name wall-screen --days 90
      """)

  @OptionGroup var server: StateOption

  @Option(help: "Who looks on, for the audit log.")
  var name = "viewer"

  @Option(help: "How many minutes the link can be used.")
  var minutes = 10

  @Option(help: "How many days a browser stays signed in.")
  var days = 1

  @OptionGroup var common: CommonOptions

  static let undone: String? = "No link was made."

  func validate() throws {
    guard (1...1_440).contains(minutes) else { throw ValidationError("--minutes lies between 1 and 1440") }
    guard (1...365).contains(days) else { throw ValidationError("--days lies between 1 and 365") }
    guard (1...128).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
      throw ValidationError("--name has 1 to 128 bytes and no control characters")
    }
  }

  func run(on console: Console) throws {
    let made = try server.open().dashboardLink(
      for: name, minutes: minutes, days: days)
    console.emit(
      "dashboard",
      [
        "link": .string(made.link), "expires": .string(made.expires.formatted(.iso8601)),
        "name": .string(name),
      ])
    if !console.isJSON { console.output.write([StyledText(made.link)]) }
    console.note("Opens once, until \(made.expires.formatted(.iso8601)).")
  }
}

/// Where pages are served, as typed.
enum DashboardPlace: Hashable, Sendable {
  case none
  case at(ServerAddress)

  /// Beside the server's own port, on loopback.
  static func beside(_ listen: ServerAddress) -> ServerAddress {
    // 7443 has 7480.
    let port = listen.port == 0 || listen.port > 65_498 ? 0 : listen.port + 37
    return ServerAddress(host: "127.0.0.1", port: port)
  }
}

/// Reads `none`, or an address to listen at.
@Sendable func dashboardPlace(_ text: String) throws -> DashboardPlace {
  if text == "none" { return .none }
  let place = try address(text)
  guard place.host == "localhost" || IPAddress(place.host) != nil else {
    throw ValidationError("--dashboard takes an address of this machine, such as 127.0.0.1:7480, or none")
  }
  return .at(ServerAddress(host: place.host == "localhost" ? "127.0.0.1" : place.host, port: place.port))
}
