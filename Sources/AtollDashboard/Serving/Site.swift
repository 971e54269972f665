import AtollReport
import AtollServer
import AtollWire
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// What each request is answered with.
final class Site: Sendable {
  private let view: ServerView
  private let build: BuildInfo
  /// SHA-256 of the token that may collect the figures.
  private let metricsToken: Data?
  private let isSecure: Bool
  private let port = Mutex(0)
  private let gate = Mutex(SignInGate())
  private let lives = Mutex(0)
  private let readiness = Mutex<(reason: String?, time: ContinuousClock.Instant)?>(nil)
  private let recent = Mutex<[String: Rendered]>([:])

  /// A page as it was at one version of the server, in one second.
  private struct Rendered {
    let version: Int
    let second: Int
    let page: Page
  }

  init(_ view: ServerView, build: BuildInfo, metricsToken: String?, isSecure: Bool) {
    self.view = view
    self.build = build
    self.metricsToken = metricsToken.map(Self.digest)
    self.isSecure = isSecure
  }

  func listens(at port: Int) { self.port.withLock { $0 = port } }

  private static func digest(_ text: String) -> Data { Data(SHA256.hash(data: Data(text.utf8))) }

  /// Browsers keep cookies by host, not by port.
  private var cookieName: String { (isSecure ? "__Host-" : "") + "atoll-\(port.withLock { $0 })" }

  private var now: Int { Int(Date.now.timeIntervalSince1970) }

  // MARK: Requests

  func respond(to request: Request, _ visitor: Visitor) async -> Response {
    do {
      var answer = try await answer(request, visitor)
      if request.method == .head { answer = answer.createHeadResponse() }
      return answer
    } catch is CancellationError {
      return Answer.text("the server is stopping\n", .serviceUnavailable)
    } catch {
      return message(.unavailable("\(error)"), .serviceUnavailable, viewer: nil)
    }
  }

  private func answer(_ request: Request, _ visitor: Visitor) async throws -> Response {
    let path = request.uri.path
    if request.method == .post {
      guard request.isOwn else { return Answer.text("this form is not one of this server\n", .forbidden) }
      switch path {
      case "/sign-in": return try await signIn(request, visitor)
      case "/sign-out": return try signOut(request)
      default: return message(.notFound, .notFound, viewer: nil)
      }
    }
    guard request.method == .get || request.method == .head else {
      return Answer.text("only GET and HEAD\n", .methodNotAllowed)
    }
    if let asset = Asset.all.first(where: { $0.path == path }) { return Answer.asset(asset) }
    switch path {
    case "/health": return Answer.text("alive\n")
    case "/ready": return ready()
    case "/metrics": return try metrics(request)
    case "/sign-in":
      let token = request.uri.queryParameters["token"].map(String.init)
      return message(token.map(MessagePage.open(link:)) ?? .signIn, .ok, viewer: nil)
    case "/favicon.ico": return Answer.text("", .notFound)
    default: break
    }
    guard let viewer = try viewer(of: request) else {
      return path.hasPrefix("/live/")
        ? Answer.text("sign in\n", .unauthorized) : Answer.redirect(to: "/sign-in")
    }
    if path.hasPrefix("/live/") { return live(String(path.dropFirst(5)), request, visitor) }
    guard let page = try page(path, before: request.uri.queryParameters["before"].flatMap { Int($0) }) else {
      return message(.notFound, .notFound, viewer: viewer)
    }
    return show(page, .ok, viewer: viewer)
  }

  // MARK: Pages

  /// The page at a path; nil where there is none.
  private func page(_ path: String, before: Int? = nil) throws -> Page? {
    switch path {
    case "/", "/runs":
      let figures = try view.participants().filter { !$0.isRevoked }
      return RunsPage(
        rows: try view.runs(), enrolled: figures.count, connected: figures.count(where: \.isConnected)
      ).page
    case "/participants": return ParticipantsPage(rows: try view.participants(), now: now).page
    case "/audit": return AuditLogPage(log: try view.audit(before: before)).page
    default:
      guard path.hasPrefix("/runs/"), let run = RunID(String(path.dropFirst(6))),
        let detail = try view.run(run)
      else { return nil }
      return RunPage(detail: detail, others: try view.runs(), now: now).page
    }
  }

  private func show(_ page: Page, _ status: HTTPResponse.Status, viewer: String?) -> Response {
    let frame = Frame(page: page, viewer: viewer, time: Times.clock(now) + " UTC")
    return Answer.text(frame.html.markup, status, type: "text/html; charset=utf-8")
  }

  private func message(_ message: MessagePage, _ status: HTTPResponse.Status, viewer: String?) -> Response {
    show(message.page, status, viewer: viewer)
  }

  // MARK: Who looks on

  private func viewer(of request: Request) throws -> String? {
    try request.cookie(cookieName).flatMap { try view.viewer($0) }
  }

  private func signIn(_ request: Request, _ visitor: Visitor) async throws -> Response {
    guard gate.withLock({ $0.admits(visitor.address, at: .now) }) else {
      return message(.tooMany, .tooManyRequests, viewer: nil)
    }
    let body: String
    do {
      body = try await within(seconds: DashboardLimits.bodySeconds, of: visitor.channel) {
        String(buffer: try await request.body.collect(upTo: DashboardLimits.bodyBytes))
      }
    } catch {
      return message(.refused, .badRequest, viewer: nil)
    }
    let token = body.split(separator: "&").first { $0.hasPrefix("token=") }.map { String($0.dropFirst(6)) }
    guard let token, let opened = try view.signIn(with: token) else {
      return message(.refused, .forbidden, viewer: nil)
    }
    var answer = Answer.redirect(to: "/")
    answer.headers[.setCookie] = cookie(opened.session, seconds: opened.lasts)
    return answer
  }

  private func signOut(_ request: Request) throws -> Response {
    if let session = request.cookie(cookieName) { try view.signOut(session) }
    var answer = Answer.redirect(to: "/sign-in")
    answer.headers[.setCookie] = cookie("", seconds: 0)
    return answer
  }

  private func cookie(_ value: String, seconds: Int) -> String {
    // On loopback there is no TLS, and some browsers take no secure cookie there.
    "\(cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
      + (isSecure ? "; Secure" : "")
  }

  // MARK: Figures and health

  private func ready() -> Response {
    let now = ContinuousClock.now
    // Anyone may ask, and looking writes to the disk: once in two seconds is enough.
    let known = readiness.withLock { $0 }
    let reason: String?
    if let known, now - known.time < .seconds(2) {
      reason = known.reason
    } else {
      reason = view.unreadiness()
      readiness.withLock { $0 = (reason, now) }
    }
    return reason.map { Answer.text($0 + "\n", .serviceUnavailable) } ?? Answer.text("ready\n")
  }

  private func metrics(_ request: Request) throws -> Response {
    let isBearer = zip(metricsToken, request.bearer.map(Self.digest)).map { own, other in
      zip(own, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
    guard try isBearer ?? false || viewer(of: request) != nil else {
      var answer = Answer.text("sign in, or send the token of --metrics-token-file\n", .unauthorized)
      answer.headers[.wwwAuthenticate] = "Bearer"
      return answer
    }
    let text = Exposition(figures: try view.figures(), process: ProcessFigures.now, build: build).text
    return Answer.text(text, type: "text/plain; version=0.0.4; charset=utf-8")
  }

  // MARK: Changes

  /// Tells the parts of a page as they change, as server-sent events.
  private func live(_ path: String, _ request: Request, _ visitor: Visitor) -> Response {
    let isFull = lives.withLock { count in
      guard count < DashboardLimits.live else { return true }
      count += 1
      return false
    }
    guard !isFull else { return Answer.text("too many are looking on\n", .serviceUnavailable) }
    let ended = Ended { [self] in lives.withLock { $0 -= 1 } }
    var headers = Answer.headers(type: "text/event-stream; charset=utf-8")
    // A proxy that keeps events until there are many of them would make the page look dead.
    if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { [self] writer in
        defer { ended.end() }
        try await tell(path, request, visitor, &writer)
        try await writer.finish(nil)
      })
  }

  /// The page at a path, rendered once for all who look at it in the same second.
  private func shared(_ path: String) throws -> Page? {
    let (version, second) = (view.version, now)
    let known = recent.withLock { $0[path] }
    if let known, known.version == version, known.second == second { return known.page }
    guard let page = try page(path) else { return nil }
    recent.withLock { recent in
      if recent.count >= DashboardLimits.live { recent = [:] }
      recent[path] = Rendered(version: version, second: second, page: page)
    }
    return page
  }

  private func tell(
    _ path: String, _ request: Request, _ visitor: Visitor, _ writer: inout any ResponseBodyWriter
  ) async throws {
    var stream = LiveStream()
    var version: Int?
    var rendered = ContinuousClock.Instant.now
    let end = rendered + .seconds(DashboardLimits.liveSeconds)
    while .now < end, !Task.isCancelled {
      let next = view.version
      // Time left counts down by itself.
      if next != version || .now - rendered >= .seconds(1) {
        guard try viewer(of: request) != nil, let page = try shared(path) else { return }
        let text = stream.news(of: page.parts, time: Times.clock(now) + " UTC")
        let watchdog = visitor.channel.eventLoop.scheduleTask(
          in: .seconds(Int64(DashboardLimits.writeSeconds))
        ) { [channel = visitor.channel] in channel.close(promise: nil) }
        defer { watchdog.cancel() }
        try await writer.write(ByteBuffer(string: text))
        (version, rendered) = (next, .now)
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }
}

/// Both or nothing.
private func zip<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
  if let first, let second { (first, second) } else { nil }
}

/// Something that is done once, at the latest when nobody can do it any more.
private final class Ended: Sendable {
  private let body: Mutex<(@Sendable () -> Void)?>

  init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

  func end() {
    body.withLock { body in
      defer { body = nil }
      return body
    }?()
  }

  deinit { end() }
}

/// Closes a connection whose part of the work does not come in time.
private func within<Value: Sendable>(
  seconds: Int, of channel: any Channel, _ body: () async throws -> Value
) async throws -> Value {
  let watchdog = channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { channel.close(promise: nil) }
  defer { watchdog.cancel() }
  return try await body()
}
