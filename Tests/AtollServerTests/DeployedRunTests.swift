import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient
@testable import AtollServer

/// A server and four participants over loopback, with mutual TLS, end with the bytes of `atoll run`.
@Suite(.timeLimit(.minutes(5))) struct `A deployed run` {
  @Test(arguments: [
    "{rounds: 3}", "{strategy: fedadam, rounds: 3}", "{strategy: scaffold, rounds: 4, cohort: 3}",
    "{rounds: 3, initial: participants, cohort: 0.5, quorum: 1.0}",
  ])
  func `ends with the model of atoll run`(federation: String) async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: federation)
    let expected = try hospitals.simulated(task)
    let server = TestServer(in: hospitals.folder)

    let (run, events) = try await server.serve { address in
      var identities: [ParticipantID: Identity] = [:]
      for name in FourHospitals.names {
        identities[name] = try await server.enroll(name, at: address, in: hospitals.folder)
      }
      let run = try await server.submit(task)
      let members = identities
      return try await withThrowingTaskGroup(of: [RunEvent]?.self) { group in
        for (name, identity) in members {
          group.addTask {
            let participant = Participant(name, of: hospitals, identity)
            let ending = try await participant.run { _, _, _ in true }
            #expect(ending?.status == .finished, "\(ending?.reason ?? "")")
            return nil
          }
        }
        group.addTask { try await server.watch(run.run) }
        var events: [RunEvent] = []
        for try await told in group { if let told { events = told } }
        return (run, events)
      }
    }

    guard case .finished(let end)? = events.last else {
      Issue.record("the run did not finish: \(events)")
      return
    }
    #expect(end.hash == expected)
    let rounds = events.compactMap { if case .round(let report, _) = $0 { report.round } else { nil } }
    #expect(rounds == Array(1...task.federation.rounds))
    // What lies in the run's folder is what every other command takes.
    let folder = "\(server.state)/runs/\(run.run)"
    #expect(try ModelFile.Hashes(in: folder).numbers == expected)
    let manifest = try Manifest.read(folder)
    #expect(try manifest.firstBrokenLink() == nil)
    #expect(manifest.header.task == task.contentHash)
    #expect(try hospitals.simulated(task, like: manifest) == expected)
    // Every answer that is in a sum has its one receipt at who gave it, and nothing else left.
    let store = try ServerStore(in: server.state)
    var left = 0
    for name in FourHospitals.names { left += try hospitals.receipts(of: name).count }
    for (exchange, record) in manifest.exchanges.enumerated() {
      left -= record.contributors.count
      for contributor in record.contributors {
        let answer = try store.contribution(
          of: contributor.participant, to: ExchangeID(run.run, exchange))
        let receipts = try hospitals.receipts(of: contributor.participant).filter {
          $0.entry.exchange == exchange
        }
        #expect(receipts.map(\.entry.hash) == [answer])
      }
    }
    #expect(left == 0)
    #expect(try store.refusals(in: run.run).isEmpty)
    #expect(try store.firstBrokenAuditEntry() == nil)
    #expect(!FileManager.default.fileExists(atPath: folder + "/state"))
  }

  @Test func `goes on while participants renew their certificates`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 150, deadline: 60s}")
    let expected = try hospitals.simulated(task)
    let server = TestServer(in: hospitals.folder)
    // Due half a second after it was given.
    var options = Participant.Options()
    options.renewsBefore = Authority.Validity.member - 0.5
    let (run, first) = try await server.serve { [options] address -> (RunID, [ParticipantID: Date]) in
      var identities: [ParticipantID: Identity] = [:]
      for name in FourHospitals.names {
        identities[name] = try await server.enroll(name, at: address, in: hospitals.folder)
      }
      let run = try await server.submit(task).run
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (name, identity) in identities {
          group.addTask {
            let participant = Participant(name, of: hospitals, identity, options: options)
            let ending = try await participant.run { _, _, _ in true }
            #expect(ending?.status == .finished)
          }
        }
        try await group.waitForAll()
      }
      return (run, try identities.mapValues { try $0.notAfter })
    }
    #expect(try ModelFile.Hashes(in: "\(server.state)/runs/\(run)").numbers == expected)
    for (name, end) in first {
      let now = try Identity(contentsOf: "\(hospitals.folder.path)/\(name)")
      #expect(try now.notAfter > end, "the certificate was not renewed")
    }
  }

  @Test func `goes on while the server renews its certificate`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 150, deadline: 60s}")
    let expected = try hospitals.simulated(task)
    let server = TestServer(in: hospitals.folder)
    let (port, run, members) = try await server.serve { address in
      var identities: [ParticipantID: Identity] = [:]
      for name in FourHospitals.names {
        identities[name] = try await server.enroll(name, at: address, in: hospitals.folder)
      }
      return (address.port, try await server.submit(task).run, identities)
    }
    let joined = Shared(0)
    try await server.serve(port: port, certificateAge: 0.5) { _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (name, identity) in members {
          group.addTask {
            let participant = Participant(
              name, of: hospitals, identity,
              observe: { if case .joined = $0 { joined.change { $0 += 1 } } })
            let ending = try await participant.run { _, _, _ in true }
            #expect(ending?.status == .finished)
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(try ModelFile.Hashes(in: "\(server.state)/runs/\(run)").numbers == expected)
    #expect(joined.value > FourHospitals.names.count, "nobody had to join again")
  }
}
