import ArgumentParser
import AtollWire

/// How the server is reached.
struct ProxyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Reach the server through this proxy, by CONNECT. [default: HTTPS_PROXY and NO_PROXY]",
      discussion: "http://host:port, or http://user:password@host:port. TLS goes through it from end to end.",
      valueName: "url"),
    transform: readProxy)
  var proxy: Proxy?

  var choice: ProxyChoice { proxy.map { .through($0) } ?? .environment }
}

@Sendable private func readProxy(_ text: String) throws -> Proxy {
  guard let proxy = Proxy(text) else {
    throw ValidationError("--proxy is written http://host:port, or http://user:password@host:port")
  }
  return proxy
}
