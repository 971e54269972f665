import AtollClient
import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// How a participant comes to its server, and what it says when it does not.
@Suite(.timeLimit(.minutes(5))) struct `A participant's connection` {
  /// What the participant says of the first failure, while the server is up.
  private func failure(
    through behaviour: ConnectProxy.Behaviour, calling host: String = "localhost", credentials: String = ""
  ) async throws -> (error: WireError?, requests: [String]) {
    let hospitals = try FourHospitals()
    let server = TestServer(in: hospitals.folder)
    return try await server.serve { address in
      let identity = try await server.enroll("ashford", at: address, in: hospitals.folder)
      let proxy = try ConnectProxy(to: address.port, behaviour)
      defer { proxy.stop() }
      let way = try #require(Proxy("http://\(credentials)127.0.0.1:\(proxy.port)"))
      let client = WireClient(
        identity, at: ServerAddress(host: host, port: address.port), proxy: .through(way))
      do {
        _ = try await client.renew(identity.signingRequest())
        return (nil, proxy.requests)
      } catch let error as WireError {
        return (error, proxy.requests)
      }
    }
  }

  @Test func `goes through a proxy, with TLS from end to end`() async throws {
    let (error, requests) = try await failure(through: .open())
    #expect(error == nil)
    #expect(requests.first?.hasPrefix("CONNECT localhost:") == true)
  }

  @Test func `gives a proxy the name and the password of its address`() async throws {
    let want = ConnectProxy.Behaviour.refuse("407 Proxy Authentication Required", unless: "olav:p@ss")
    #expect(try await failure(through: want, credentials: "olav:p%40ss@").error == nil)
    let without = try #require(try await failure(through: want).error)
    #expect(without.code == .refused)
    #expect(without.message.contains("wants a name and a password (407 Proxy Authentication Required)"))
    let wrong = try #require(try await failure(through: want, credentials: "olav:x@").error)
    #expect(wrong.message.contains("does not accept the name and the password"))
    #expect(!wrong.message.contains("olav"))
  }

  @Test func `checks the server's name behind a proxy`() async throws {
    let error = try #require(try await failure(through: .open(), calling: "fl.north.example").error)
    #expect(error.code == .untrusted)
    #expect(error.message.contains("shows a certificate for"))
    #expect(error.message.contains("was called by another name"))
    let address = try #require(try await failure(through: .open(), calling: "10.1.2.3").error)
    #expect(address.code == .untrusted)
    // An address that is in the certificate is as good as a name.
    #expect(try await failure(through: .open(), calling: "127.0.0.1").error == nil)
  }

  @Test func `says what a proxy answers`() async throws {
    let forbidden = try #require(try await failure(through: .refuse("403 Forbidden")).error)
    #expect(forbidden.code == .refused)
    #expect(forbidden.message.contains("403 Forbidden"))
    let away = try #require(try await failure(through: .refuse("502 Bad Gateway")).error)
    #expect(away.code == .unreachable)
    #expect(away.message.contains("cannot reach localhost"))
  }

  @Test func `waits for a silent proxy no longer than its deadline`() async throws {
    let began = ContinuousClock.now
    let error = try #require(try await failure(through: .silent).error)
    #expect(error.code == .unreachable)
    #expect(error.message.contains("did not open a way"))
    #expect(ContinuousClock.now - began < WireLimits.proxyTimeout + .seconds(8))
  }

  @Test func `says of an absent proxy and an absent server which one is away, and when it tries again`()
    async throws
  {
    let hospitals = try FourHospitals()
    let server = TestServer(in: hospitals.folder)
    let identity = try await server.serve { address in
      try await server.enroll("ashford", at: address, in: hospitals.folder)
    }
    for proxy in [nil, Proxy("127.0.0.1:9")] {
      let waits = Shared<[(reason: String, attempt: Int, delay: Duration)]>([])
      let participant = Participant(
        "ashford", of: hospitals, identity,
        options: Participant.Options(
          proxy: proxy.map { .through($0) } ?? .environment, patience: .seconds(3)),
        observe: { event in
          if case .waiting(_, let reason, let attempt, let delay) = event {
            waits.change { $0.append((reason, attempt, delay)) }
          }
        })
      let error = await #expect(throws: WireError.self) { try await participant.run() }
      #expect(error?.code == .unreachable)
      let first = try #require(waits.value.first)
      #expect(first.attempt == 1 && first.delay > .zero)
      #expect(
        first.reason.contains(
          proxy == nil ? "\(identity.server) cannot be reached" : "the proxy http://127.0.0.1:9"))
    }
  }

  @Test func `goes on with an upload where it broke`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(
      federation: "{rounds: 1, deadline: 120s}", model: "{kind: mlp, hidden: [1500, 500]}")
    let expected = try hospitals.simulated(task)
    let server = TestServer(in: hospitals.folder)
    let uploads = Shared<[(from: Int, of: Int)]>([])
    let proxies = Shared<[ConnectProxy]>([])
    let (_, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "birk" else { return Participant(name, of: hospitals, identity) }
      let proxy = try ConnectProxy(to: identity.server.port, .open(cutAfter: 2_500_000))
      proxies.change { $0.append(proxy) }
      let way = try #require(Proxy("127.0.0.1:\(proxy.port)"))
      return Participant(
        name, of: hospitals, identity, options: Participant.Options(proxy: .through(way)),
        observe: { event in
          if case .sending(_, _, let offset, let size) = event {
            uploads.change { $0.append((offset, size)) }
          }
        })
    }
    proxies.value.forEach { $0.stop() }
    #expect(events.model == expected)
    #expect(proxies.value.first?.cuts == 1)
    #expect(uploads.value.first?.from == 0)
    #expect(uploads.value.contains { $0.from >= WireLimits.sentPartBytes && $0.from < $0.of })
    // However often it was sent, it left once.
    let receipts = try hospitals.receipts(of: "birk")
    #expect(Set(receipts.map(\.entry.exchange)).count == receipts.count)
  }
}
