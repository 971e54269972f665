import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// Bounds what strangers can hold at the port, and for how long: whoever connects must show a certificate, and then begin
/// to speak HTTP/2, within a moment; of those who have not, the one who has waited longest makes room for the next. So a
/// flood costs its own connections, and members come in between.
final class Doorkeeper: Sendable {
  /// What is bounded; a test sets less.
  struct Limits: Sendable {
    var strangers = WireLimits.strangers
    var members = WireLimits.connections
    var patience = WireLimits.greeting
  }

  private struct State {
    var next = 0
    /// Those who have not shown a certificate, by number.
    var strangers: [Int: any Channel] = [:]
    /// Their numbers, oldest first, with some who are not among them any more.
    var order: [Int] = []
    var begin = 0
    var members = 0
    var turnedAway = 0

    /// Takes out the stranger who has waited longest.
    mutating func oldest() -> (any Channel)? {
      while begin < order.count {
        let number = order[begin]
        begin += 1
        if begin > 1024, begin > order.count / 2 {
          order.removeFirst(begin)
          begin = 0
        }
        if let channel = strangers.removeValue(forKey: number) { return channel }
      }
      return nil
    }
  }

  private let state = Mutex(State())
  let limits: Limits

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// How many were turned away, for whoever watches.
  var turnedAway: Int { state.withLock { $0.turnedAway } }

  /// How many have come in.
  var members: Int { state.withLock { $0.members } }

  /// Somebody connects.
  ///
  /// - Returns: the caller's number.
  fileprivate func arrived(_ channel: any Channel) -> Int {
    let (number, oldest) = state.withLock { state in
      let number = state.next
      state.next += 1
      state.strangers[number] = channel
      state.order.append(number)
      guard state.strangers.count > limits.strangers else { return (number, (any Channel)?.none) }
      state.turnedAway += 1
      return (number, state.oldest())
    }
    oldest?.close(promise: nil)
    return number
  }

  /// A stranger has shown a certificate.
  ///
  /// - Returns: whether there is room.
  fileprivate func entered(_ number: Int) -> Bool {
    state.withLock { state in
      state.strangers[number] = nil
      state.members += 1
      guard state.members > limits.members else { return true }
      state.turnedAway += 1
      return false
    }
  }

  fileprivate func left(_ number: Int, wasMember: Bool) {
    state.withLock { state in
      state.strangers[number] = nil
      if wasMember { state.members -= 1 }
    }
  }
}

/// Watches one connection until it has begun to speak. Closes it when that takes too long, or when it agreed on less
/// than TLS 1.3: gRPC's transport would take 1.2.
final class Visitor: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private enum Stage {
    /// The handshake of TLS goes on.
    case stranger
    /// The certificate is good; the first bytes of HTTP/2 are to come.
    case silent(bytes: Int)
    case speaking
  }

  /// HTTP/2's preface, and the head of the frame of settings that must follow it.
  private static let greeting = 24 + 9

  private let doorkeeper: Doorkeeper
  private var stage = Stage.stranger
  private var number: Int?
  private var deadline: Scheduled<Void>?

  init(_ doorkeeper: Doorkeeper) { self.doorkeeper = doorkeeper }

  func handlerAdded(context: ChannelHandlerContext) {
    number = doorkeeper.arrived(context.channel)
    wait(context.channel)
  }

  private func wait(_ channel: any Channel) {
    deadline?.cancel()
    let patience = TimeAmount.nanoseconds(Int64(doorkeeper.limits.patience / .nanoseconds(1)))
    deadline = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent, case .stranger = stage {
      stage = .silent(bytes: 0)
      let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
      guard let number, doorkeeper.entered(number), handler?.tlsVersion == .tlsv13 else {
        return context.close(promise: nil)
      }
      wait(context.channel)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .silent(let bytes) = stage {
      let count = bytes + unwrapInboundIn(data).readableBytes
      stage = count < Self.greeting ? .silent(bytes: count) : .speaking
      if case .speaking = stage { deadline?.cancel() }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  private func leave() {
    deadline?.cancel()
    guard let number else { return }
    self.number = nil
    if case .stranger = stage {
      doorkeeper.left(number, wasMember: false)
    } else {
      doorkeeper.left(number, wasMember: true)
    }
  }
}
