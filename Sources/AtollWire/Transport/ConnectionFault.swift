import NIOCore
import Synchronization

/// Why a connection did not come about, where that is known better than the transport can tell.
final class ConnectionFault: Sendable {
  private let state = Mutex<(fault: WireError?, hasReachedProxy: Bool)>((nil, false))

  /// Keeps the first.
  func note(_ fault: WireError) { state.withLock { $0.fault = $0.fault ?? fault } }

  /// Closes a channel when something has not happened in time: cancelled when it has.
  ///
  /// - Parameter failure: what did not happen.
  func closing(_ channel: any Channel, after time: Duration, saying failure: String) -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: .init(time)) {
      self.note(WireError(.unreachable, "\(failure) within \(Int(time / .seconds(1))) s"))
      channel.close(promise: nil)
    }
  }

  func noteProxyReached() { state.withLock { $0.hasReachedProxy = true } }

  /// Known; nil where only the transport's error tells.
  func known(to server: ServerAddress, through proxy: Proxy?) -> WireError? {
    state.withLock { state in
      if let fault = state.fault { return fault }
      guard let proxy, !state.hasReachedProxy else { return nil }
      return WireError(.unreachable, "the proxy \(proxy) cannot be reached, on the way to \(server)")
    }
  }
}
