import AtollWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The way to a server, step by step.
enum Reach {
  struct Obstacle: Error { let words: String }

  /// The addresses of a host, as the system's resolver gives them; it has its own deadlines.
  ///
  /// - Throws: ``Obstacle``.
  static func resolve(_ address: ServerAddress) throws(Obstacle) -> [ResolvedAddress] {
    var hints = addrinfo()
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = Int32(SOCK_STREAM)
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(address.host, "\(address.port)", &hints, &list)
    guard code == 0, let list else {
      throw Obstacle(words: gai_strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
    defer { freeaddrinfo(list) }
    var found: [ResolvedAddress] = []
    var next: UnsafeMutablePointer<addrinfo>? = list
    while let entry = next, found.count < 8 {
      let length = Int(entry.pointee.ai_addrlen)
      if let start = entry.pointee.ai_addr {
        found.append(
          ResolvedAddress(
            family: entry.pointee.ai_family, bytes: Array(UnsafeRawBufferPointer(start: start, count: length))
          ))
      }
      next = entry.pointee.ai_next
    }
    return found
  }

  /// Opens and closes a connection.
  ///
  /// - Throws: ``Obstacle``.
  static func connect(_ address: ResolvedAddress, seconds: Int) throws(Obstacle) {
    #if canImport(Glibc)
      let file = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let file = socket(address.family, Int32(SOCK_STREAM), 0)
    #endif
    guard file >= 0 else { throw obstacle(errno) }
    defer { close(file) }
    guard fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) == 0 else { throw obstacle(errno) }
    let begun = address.bytes.withUnsafeBytes { bytes -> Int32 in
      guard let start = bytes.baseAddress else { return -1 }
      return systemConnect(file, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
    if begun == 0 { return }
    guard errno == EINPROGRESS else { throw obstacle(errno) }
    var waiting = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
    guard poll(&waiting, 1, Int32(1_000 * seconds)) > 0 else {
      throw Obstacle(words: "no answer within \(seconds) s")
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &size)
    guard code == 0 else { throw obstacle(code) }
  }

  private static func obstacle(_ code: Int32) -> Obstacle {
    Obstacle(words: strerror(code).map { String(cString: $0) } ?? "error \(code)")
  }
}

/// An address as the system's calls take it.
struct ResolvedAddress: Hashable, Sendable {
  let family: Int32
  let bytes: [UInt8]
}

/// `connect`, under a name that a method called `connect` does not hide.
private func systemConnect(_ file: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
  connect(file, address, length)
}
