import FoundationEssentials

/// A proxy that is asked by `CONNECT` for a tunnel to a server (RFC 9110 §9.3.6), as hospitals have them at their border.
///
/// TLS goes through the tunnel from end to end: the proxy sees names and volumes, and nothing of what is said.
public struct Proxy: Hashable, Sendable, CustomStringConvertible {
  /// A name, or an address without brackets.
  public let host: String
  /// The port.
  public let port: Int
  /// `user:password`, where the proxy wants it.
  let credentials: String?

  /// Reads `http://[user:password@]host:port`; the scheme may be left out. Nil for anything else.
  public init?(_ text: String) {
    var rest = text[...]
    if rest.hasPrefix("http://") { rest = rest.dropFirst(7) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    // Of another scheme, which a password would hide.
    guard !rest.contains("://") else { return nil }
    var credentials: String?
    if let at = rest.lastIndex(of: "@") {
      guard let decoded = Self.decoded(rest[..<at]), decoded.contains(":"),
        decoded.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
      else { return nil }
      credentials = decoded
      rest = rest[rest.index(after: at)...]
    }
    guard rest.last?.isNumber == true, rest.contains(":"), let address = ServerAddress(String(rest)),
      address.port > 0
    else { return nil }
    (host, port) = (address.host, address.port)
    self.credentials = credentials
  }

  /// Without what is secret.
  public var description: String { "http://\(ServerAddress(host: host, port: port))" }

  /// What `%41` stands for; nil when it stands for nothing.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// How a server is reached.
public enum ProxyChoice: Hashable, Sendable {
  /// As `HTTPS_PROXY` and `NO_PROXY` say; a server on this machine always directly.
  case environment
  /// Directly, whatever the environment says.
  case none
  /// Through this proxy.
  case through(Proxy)

  /// The proxy on the way to a server; nil where there is none.
  ///
  /// - Throws: ``WireError`` with code `.invalid` when the environment names something that is no proxy.
  package func proxy(
    to server: ServerAddress, in environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(WireError) -> Proxy? {
    switch self {
    case .none: return nil
    case .through(let proxy): return proxy
    case .environment: break
    }
    let names = ["HTTPS_PROXY", "https_proxy"]
    guard !server.isLoopback, let name = names.first(where: { environment[$0]?.isEmpty == false }),
      let text = environment[name]
    else { return nil }
    let exceptions = environment["NO_PROXY"] ?? environment["no_proxy"] ?? ""
    guard !exceptions.split(separator: ",").contains(where: { Self.covers($0, server) }) else { return nil }
    guard let proxy = Proxy(text) else {
      throw WireError(
        .invalid, "\(name) in the environment names no proxy that can be used",
        hint: "http://host:port, or http://user:password@host:port")
    }
    return proxy
  }

  /// Whether an entry of `NO_PROXY` is about a server: `*`, a name and all below it, or an address; a port may follow.
  private static func covers(_ entry: Substring, _ server: ServerAddress) -> Bool {
    var name = entry.filter { $0 != " " }.lowercased()
    let host = server.host.lowercased()
    if name == "*" || name == host { return true }
    if name.hasSuffix(":\(server.port)") { name = String(name.dropLast("\(server.port)".count + 1)) }
    if name.hasPrefix("[") { name = String(name.dropFirst().dropLast()) }
    if name.hasPrefix(".") { name = String(name.dropFirst()) }
    guard !name.isEmpty else { return false }
    return name == host || (IPAddress(host) == nil && host.hasSuffix("." + name))
  }
}
