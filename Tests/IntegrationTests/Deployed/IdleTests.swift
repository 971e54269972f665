import AtollClient
import AtollFederation
import AtollServer
import AtollWire
import Foundation
import Synchronization
import Testing

/// Participants that wait for a run cost a server little: it may have a thousand.
@Suite(.timeLimit(.minutes(10))) struct `Idle participants` {
  /// Fewer where nobody asks for more: each takes two open files here, and a process has often a thousand.
  private static let count = ProcessInfo.processInfo.environment["ATOLL_IDLE"].flatMap { Int($0) } ?? 100

  @Test func `take a server less than 0.2 MB each`() async throws {
    let federation = try Federation(.logistic)
    try federation.serve()
    let address = try #require(ServerAddress(federation.url))
    let folder = federation.folder.path
    let server = try ServerState(in: folder + "/server", creating: false)
    var identities: [Identity] = []
    for number in 0..<Self.count {
      identities.append(
        try await Enrolment.enroll(
          server.invite("site-\(number)", as: .participant), at: address, folder: "\(folder)/site-\(number)"))
    }
    // Nothing to look at where the system does not tell.
    guard let before = federation.serverMegabytes else { return }
    let joined = JoinedCount()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for identity in identities {
        group.addTask {
          let participant = Participant(
            identity, folder: "\(folder)/\(identity.name)/state", consent: Consent(.open),
            delegate: ParticipantDelegate(
              data: { _ in throw WireError(.refused, "nobody asks") },
              observe: { if case .joined = $0 { joined.add() } }))
          _ = try await participant.run()
        }
      }
      let deadline = ContinuousClock.now + .seconds(240)
      while joined.value < Self.count {
        try #require(.now < deadline, "only \(joined.value) of \(Self.count) have joined")
        try await Task.sleep(for: .milliseconds(50))
      }
      let after = try #require(federation.serverMegabytes)
      let each = (after - before) / Double(Self.count)
      print("\(Self.count) idle participants: the server has \(Int(after)) MB, \(Int(before)) MB before")
      #expect(each < 0.2, "\(each) MB each")
      #expect(after < 250)
      group.cancelAll()
    }
  }
}

/// How many have joined.
private final class JoinedCount: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}
