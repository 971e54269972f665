import AtollNumerics
import Foundation
import Testing

/// Whatever knocks at the port, a run that goes on is not disturbed.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A port in a storm` {
  private static let hospitals = ["ashford", "birk", "corvo", "dalen"]

  @Test func `does not disturb a run`() throws {
    let federation = try Federation(.multilayer)
    let folder = federation.folder
    try folder.write(
      String(decoding: folder.bytes("task.yaml"), as: UTF8.self).replacing(
        #/rounds: \d+/#, with: "rounds: 100"), to: "task.yaml")
    try federation.serve()
    try federation.enroll(Self.hospitals)
    let port = try #require(UInt16(federation.url.split(separator: ":").last ?? ""))
    for name in Self.hospitals.dropLast() { try federation.participate(name) }
    let run = try federation.submit()

    var storm = Storm(port: port)
    storm.raiseFileLimit()
    // As many as this process may hold, in silence; each of them costs the server a connection.
    let silent = storm.connect(10_000, saying: [])
    // In the midst of it the last one joins, and the run begins.
    try federation.participate("dalen")
    var coins = RandomStream(seed: 3, purpose: .sample)
    var garbage = 0
    while !Self.hospitals.allSatisfy({ federation.hasEnded($0) }) {
      // Halves of handshakes, other protocols, noise; some are left half open.
      let noise = (0..<256).map { _ in UInt8(coins.below(256)) }
      let opening: [[UInt8]] = [
        noise, [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + noise, Array("GET / HTTP/1.1\r\n\r\n".utf8),
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
      ]
      garbage += storm.connect(50, saying: opening[coins.below(4)])
      storm.drop(40)
      // Thousands a second, and not so many that they take the processor from the server.
      usleep(20_000)
      try #require(storm.age < 240, "the run does not end: \(federation.errors(of: "dalen"))")
    }
    storm.end()
    print("\(silent) silent connections, \(garbage) with garbage")
    #expect(silent > 1000)
    let watched = try federation.watch(run, to: "result", deadline: 60)
    try #require(watched.status == 0, "\(watched.errors)")
    let simulated = try atoll("run", "task.yaml", "--json", "--out", "simulated", in: folder)
    #expect(try watched.model() == simulated.model())
    #expect(try federation.stopServer()?.status == 0)
  }
}

/// Many connections of one process, none of which means well.
private struct Storm {
  private let address: sockaddr_in
  private var sockets: [Int32] = []
  private let began = Date()

  init(port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    self.address = address
  }

  var age: Double { Date.now.timeIntervalSince(began) }

  func raiseFileLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let files = RLIMIT_NOFILE
    #endif
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(files, &limit)
  }

  /// - Returns: how many connections were made.
  mutating func connect(_ count: Int, saying bytes: [UInt8]) -> Int {
    var made = 0
    for _ in 0..<count {
      #if canImport(Glibc)
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      #else
        let socket = socket(AF_INET, SOCK_STREAM, 0)
      #endif
      guard socket >= 0 else { break }
      var address = address
      let isConnected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Foundation.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      guard isConnected else {
        close(socket)
        continue
      }
      if !bytes.isEmpty {
        _ = bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      sockets.append(socket)
      made += 1
    }
    return made
  }

  /// Closes the latest connections; the others are left half open.
  mutating func drop(_ count: Int) {
    for socket in sockets.suffix(count) { close(socket) }
    sockets.removeLast(min(count, sockets.count))
  }

  mutating func end() {
    for socket in sockets { close(socket) }
    sockets = []
  }
}
