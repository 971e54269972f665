import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A small HTTP proxy that knows `CONNECT` and nothing else. Whatever name is asked for, it leads to one port of this
/// machine, so that names can be called which no resolver knows.
final class ConnectProxy: Sendable {
  /// What it does with a request.
  enum Behaviour: Sendable {
    /// Opens the way; the first connection is cut once so many bytes went to the server.
    case open(cutAfter: Int? = nil)
    /// Answers this status, unless the request has these credentials.
    case refuse(String, unless: String? = nil)
    /// Says nothing.
    case silent
  }

  let port: Int
  private let listener: Int32
  private let upstream: Int
  private let behaviour: Behaviour
  private let state = Mutex<(requests: [String], cuts: Int, sockets: [Int32])>(([], 0, []))

  /// The first line and the headers of every request.
  var requests: [String] { state.withLock { $0.requests } }

  /// How often a connection was cut.
  var cuts: Int { state.withLock { $0.cuts } }

  init(to upstream: Int, _ behaviour: Behaviour = .open()) throws {
    self.upstream = upstream
    self.behaviour = behaviour
    (listener, port) = try Self.listening()
    Thread.detachNewThread { [listener, weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { return }
        self.state.withLock { $0.sockets.append(client) }
        Thread.detachNewThread { self.serve(client) }
      }
    }
  }

  /// Ends the proxy and every connection through it.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    for socket in state.withLock({ $0.sockets }) { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  private struct NoSocket: Error {}

  private static func listening() throws -> (Int32, Int) {
    let listener = socket(AF_INET, streamSocket, 0)
    var address = loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &size) == 0
      }
    }
    guard isBound else { throw NoSocket() }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private func serve(_ client: Int32) {
    var head: [UInt8] = []
    while !head.ends(with: Array("\r\n\r\n".utf8)) {
      var byte: UInt8 = 0
      guard read(client, &byte, 1) == 1 else { return }
      head.append(byte)
    }
    let request = String(decoding: head, as: UTF8.self)
    state.withLock { $0.requests.append(request) }
    var limit: Int?
    switch behaviour {
    case .silent: return
    case .refuse(let status, let credentials):
      let expected = credentials.map { "Basic \(Data($0.utf8).base64EncodedString())" }
      guard let expected, request.contains(expected) else {
        send(client, Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n".utf8))
        shutdown(client, Int32(SHUT_RDWR))
        return
      }
    case .open(let cutAfter): limit = state.withLock { $0.cuts == 0 ? cutAfter : nil }
    }
    let server = socket(AF_INET, streamSocket, 0)
    var address = Self.loopback(port: upstream)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      send(client, Array("HTTP/1.1 502 Bad Gateway\r\n\r\n".utf8))
      shutdown(client, Int32(SHUT_RDWR))
      return
    }
    state.withLock { $0.sockets.append(server) }
    send(client, Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
    Thread.detachNewThread { self.relay(from: server, to: client, limit: nil) }
    relay(from: client, to: server, limit: limit)
  }

  private func relay(from source: Int32, to target: Int32, limit: Int?) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var passed = 0
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0, send(target, Array(buffer[..<count])) else { break }
      passed += count
      if let limit, passed >= limit {
        state.withLock { $0.cuts += 1 }
        break
      }
    }
    shutdown(source, Int32(SHUT_RDWR))
    shutdown(target, Int32(SHUT_RDWR))
  }

  @discardableResult
  private func send(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemSend(socket, $0.baseAddress, $0.count, noSignal) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

#if os(Linux)
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
  private let noSignal = Int32(MSG_NOSIGNAL)
#else
  private let streamSocket = SOCK_STREAM
  private let noSignal: Int32 = 0
#endif

/// `send`, under a name that a method called `send` does not hide.
private func systemSend(_ socket: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
  send(socket, bytes, count, flags)
}

extension [UInt8] {
  fileprivate func ends(with tail: [UInt8]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}
