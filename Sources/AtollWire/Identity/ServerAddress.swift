/// Where a server is reached: a host's name or address, and a port.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  /// The port where none is named.
  public static let usualPort = 7443

  /// A name, or an address without brackets.
  public let host: String
  /// The port; 0 stands for any that is free.
  public let port: Int

  public init(host: String, port: Int = usualPort) {
    self.host = host
    self.port = port
  }

  /// Reads `https://host:port`, or `host:port`; the port may be left out. Nil for anything else.
  public init?(_ text: String) {
    var rest = text[...]
    if rest.hasPrefix("https://") { rest = rest.dropFirst(8) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var host: Substring
    var port = Substring("\(Self.usualPort)")
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      host = rest[rest.index(after: rest.startIndex)..<end]
      let after = rest[rest.index(after: end)...]
      if !after.isEmpty {
        guard after.hasPrefix(":") else { return nil }
        port = after.dropFirst()
      }
    } else {
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let first = parts.first else { return nil }
      host = first
      if parts.count == 2 { port = parts[1] }
    }
    guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy({ Self.isAllowed($0) }),
      let number = Int(port), (0...65_535).contains(number), port.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    self.init(host: String(host), port: number)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: ":"), UInt8(ascii: "%"):
      true
    default: false
    }
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// With the scheme, as commands take it.
  public var url: String { "https://\(self)" }

  /// Whether only this machine is reached under it.
  public var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }
}
