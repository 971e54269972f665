import AtollServer
import AtollWire
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import AtollDashboard

/// Requests to the pages of a server that does not run, whose state is there.
private struct Asking {
  private let folder: URL
  private let server: Server
  private let site: Site

  struct Answered {
    let status: Int
    let headers: HTTPFields
    let text: String
  }

  init(isSecure: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("atoll-\(UUID().uuidString)")
    server = try Server(
      Server.Options(state: folder.path, listen: ServerAddress(host: "127.0.0.1", port: 0)))
    try server.view.pagesAre(at: "http://127.0.0.1:7480")
    site = Site(
      server.view, build: BuildInfo(version: "1", wireProtocol: "1"), metricsToken: "0123456789abcdef",
      isSecure: isSecure)
    site.listens(at: 7_480)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The token of a new link.
  func token() throws -> String {
    let made = try ServerState(in: folder.path, creating: false).dashboardLink(
      for: "wall", minutes: 1, days: 1)
    return String(try #require(made.link.split(separator: "=").last))
  }

  func ask(
    _ path: String, _ method: HTTPRequest.Method = .get, body: String = "",
    _ headers: [HTTPField.Name: String] = [:]
  ) async throws -> Answered {
    var head = HTTPRequest(method: method, scheme: "http", authority: "127.0.0.1:7480", path: path)
    for (name, value) in headers { head.headerFields[name] = value }
    let channel = NIOAsyncTestingChannel()
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
    let answer = await site.respond(to: request, Visitor(channel: channel))
    let taken = Taken()
    try await answer.body.write(taken)
    _ = try? await channel.finish()
    return Answered(
      status: answer.status.code, headers: answer.headers, text: String(buffer: taken.buffer))
  }

  func post(_ path: String, _ body: String, _ headers: [HTTPField.Name: String] = [:]) async throws
    -> Answered
  {
    try await ask(path, .post, body: body, headers)
  }
}

/// What an answer's body says.
private final class Taken: ResponseBodyWriter {
  var buffer = ByteBuffer()

  func write(_ buffer: ByteBuffer) { self.buffer.writeImmutableBuffer(buffer) }
  func finish(_ trailingHeaders: HTTPFields?) {}
}

struct `The site` {
  private let asking: Asking

  init() throws { asking = try Asking() }

  @Test(arguments: ["/", "/runs", "/participants", "/audit", "/runs/any-1", "/nowhere"])
  func `shows a stranger the way to sign in, and nothing else`(path: String) async throws {
    defer { asking.remove() }
    let answer = try await asking.ask(path)
    #expect(answer.status == 303 && answer.headers[.location] == "/sign-in" && answer.text.isEmpty)
  }

  @Test(arguments: [
    "/", "/sign-in", "/health", "/ready", "/metrics", "/live/runs", "/nowhere", Asset.style.path,
  ])
  func `gives every answer the headers that keep it safe`(path: String) async throws {
    defer { asking.remove() }
    let headers = try await asking.ask(path).headers
    let policy = try #require(headers[.contentSecurityPolicy])
    #expect(policy.hasPrefix("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"))
    #expect(!policy.contains("unsafe") && !policy.contains("http"))
    #expect(headers[.xContentTypeOptions] == "nosniff")
    #expect(headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
    #expect(
      headers[.cacheControl]
        == (path.hasPrefix("/assets/") ? "public, max-age=31536000, immutable" : "no-store"))
  }

  @Test func `a link opens the pages once, until its browser signs out`() async throws {
    defer { asking.remove() }
    let token = try asking.token()
    // To look at the link does not use it up.
    #expect(try await asking.ask("/sign-in?token=\(token)").text.contains("value=\"\(token)\""))
    let opened = try await asking.post("/sign-in", "token=\(token)")
    let cookie = try #require(opened.headers[.setCookie])
    #expect(opened.status == 303 && opened.headers[.location] == "/")
    #expect(
      cookie.hasPrefix("atoll-7480=")
        && cookie.hasSuffix("; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict"))
    #expect(try await asking.post("/sign-in", "token=\(token)").status == 403)
    let own: [HTTPField.Name: String] = [.cookie: String(cookie.prefix { $0 != ";" })]
    for path in ["/", "/participants", "/audit", "/metrics"] {
      #expect(try await asking.ask(path, own).status == 200, "\(path)")
    }
    #expect(try await asking.ask("/runs/any-1", own).status == 404)
    #expect(try await asking.ask("/", .head, own).text.isEmpty)
    let log = try await asking.ask("/audit", own).text
    #expect(log.contains("signed in") && !log.contains(token.suffix(43)))
    #expect(try await asking.post("/sign-out", "", own).status == 303)
    #expect(try await asking.ask("/", own).status == 303)
  }

  @Test func `a cookie goes over TLS only, where there is TLS`() async throws {
    let secure = try Asking(isSecure: true)
    defer {
      asking.remove()
      secure.remove()
    }
    let cookie = try await secure.post("/sign-in", "token=\(secure.token())").headers[.setCookie]
    #expect(try #require(cookie).hasPrefix("__Host-atoll-7480="))
    #expect(try #require(cookie).hasSuffix("; Secure"))
  }

  @Test func `what is no sign-in of ours opens nothing, and may be tried ten times a minute`() async throws {
    defer { asking.remove() }
    let token = try asking.token()
    for headers: [HTTPField.Name: String] in [
      [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"], [.origin: "https://elsewhere.example"],
      [.origin: "null"],
    ] {
      #expect(try await asking.post("/sign-in", "token=\(token)", headers).status == 403)
    }
    #expect(try await asking.post("/sign-in", String(repeating: "x", count: 100_000)).status == 400)
    for body in ["", "token", "token=", "token=<script>", "token=" + String(repeating: "A", count: 56)] {
      #expect(try await asking.post("/sign-in", body).status == 403, "\(body)")
    }
    for _ in 0..<4 { #expect(try await asking.post("/sign-in", "token=x").status == 403) }
    #expect(try await asking.post("/sign-in", "token=\(token)").status == 429)
    #expect(try await asking.ask("/", .delete).status == 405)
  }

  @Test func `the figures are for who is signed in or has the token`() async throws {
    defer { asking.remove() }
    #expect(try await asking.ask("/metrics").status == 401)
    #expect(try await asking.ask("/metrics", [.authorization: "Bearer 0123456789abcdee"]).status == 401)
    let told = try await asking.ask("/metrics", [.authorization: "bearer 0123456789abcdef"])
    #expect(told.status == 200 && told.text.contains("\natoll_participants_enrolled 0\n"))
    #expect(try #require(told.headers[.contentType]).contains("version=0.0.4"))
  }

  @Test func `health is told to anyone, and readiness with what is missing`() async throws {
    defer { asking.remove() }
    #expect(try await asking.ask("/health").text == "alive\n")
    let ready = try await asking.ask("/ready")
    #expect(ready.status == 503 && ready.text == "it does not listen yet\n")
    #expect(try await asking.ask("/live/runs").status == 401)
  }
}

extension Asking {
  fileprivate func ask(_ path: String, _ headers: [HTTPField.Name: String]) async throws -> Answered {
    try await ask(path, .get, headers)
  }
}
