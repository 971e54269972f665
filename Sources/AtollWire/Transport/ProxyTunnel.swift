import FoundationEssentials
import NIOCore

/// Asks a proxy for a tunnel as soon as the proxy is connected, and lets the other handlers know of the connection only
/// when there is one: what they say then goes to the server as it is.
///
/// `connecting` → `asking` (the request is sent) → `open` or `closed`.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case connecting
    case asking(ByteBuffer)
    case open
    case closed
  }

  private let server: ServerAddress
  private let proxy: Proxy
  private let fault: ConnectionFault
  private var state = State.connecting
  private var deadline: Scheduled<Void>?

  init(to server: ServerAddress, through proxy: Proxy, _ fault: ConnectionFault) {
    self.server = server
    self.proxy = proxy
    self.fault = fault
  }

  func channelActive(context: ChannelHandlerContext) {
    fault.noteProxyReached()
    state = .asking(ByteBuffer())
    var request = "CONNECT \(server) HTTP/1.1\r\nHost: \(server)\r\nUser-Agent: atoll\r\n"
    if let credentials = proxy.credentials {
      request += "Proxy-Authorization: Basic \(Data(credentials.utf8).base64EncodedString())\r\n"
    }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request + "\r\n")), promise: nil)
    deadline = fault.closing(
      context.channel, after: WireLimits.proxyTimeout,
      saying: "the proxy \(proxy) did not open a way to \(server)")
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .asking(var answer) = state else {
      if case .open = state { context.fireChannelRead(data) }
      return
    }
    var more = unwrapInboundIn(data)
    answer.writeBuffer(&more)
    switch ProxyAnswer(&answer) {
    case .incomplete: state = .asking(answer)
    case .malformed:
      refuse(context, WireError(.refused, "the proxy \(proxy) does not answer as an HTTP proxy does"))
    case .status(200..<300, _):
      state = .open
      deadline?.cancel()
      context.fireChannelActive()
      if answer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(answer)) }
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    case .status(let code, let reason): refuse(context, refusal(code, reason))
    }
  }

  private func refusal(_ code: Int, _ reason: String) -> WireError {
    let status = reason.isEmpty ? "\(code)" : "\(code) \(reason)"
    switch code {
    case 407 where proxy.credentials == nil:
      return WireError(
        .refused, "the proxy \(proxy) wants a name and a password (\(status))",
        hint: "--proxy http://user:password@\(ServerAddress(host: proxy.host, port: proxy.port))")
    case 407:
      return WireError(.refused, "the proxy \(proxy) does not accept the name and the password (\(status))")
    case 500...:
      return WireError(.unreachable, "the proxy \(proxy) cannot reach \(server): it answers \(status)")
    default: return WireError(.refused, "the proxy \(proxy) opens no way to \(server): it answers \(status)")
    }
  }

  private func refuse(_ context: ChannelHandlerContext, _ error: WireError) {
    state = .closed
    deadline?.cancel()
    fault.note(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    if case .asking = state {
      fault.note(WireError(.unreachable, "the proxy \(proxy) ended the connection, on the way to \(server)"))
    }
    state = .closed
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
}

/// The head of a proxy's answer, as far as it is here.
enum ProxyAnswer: Equatable {
  case incomplete
  case malformed
  case status(Int, String)

  /// Takes the head from the front of what was received, when it is whole.
  init(_ received: inout ByteBuffer) {
    let bytes = received.readableBytesView
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else {
      self = bytes.count < WireLimits.proxyAnswerBytes ? .incomplete : .malformed
      return
    }
    let line = bytes.prefix { $0 != UInt8(ascii: "\r") }
    received.moveReaderIndex(to: end)
    let words = String(decoding: line, as: UTF8.self).split(
      separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let code = Int(words[1]),
      (200..<600).contains(code)
    else {
      self = .malformed
      return
    }
    // A stranger's words: short, and nothing that a terminal would obey.
    let reason = words.count > 2 ? words[2].filter(Self.isPlain).prefix(60) : ""
    self = .status(code, String(reason))
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.asciiValue.map { (32..<127).contains($0) } ?? false
  }
}
