import AtollClient
import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// What private tasks take of data owners, in real deployed runs, and where it ends.
@Suite(.timeLimit(.minutes(5))) struct `A private run's owners` {
  private static let byRecord =
    "privacy: {unit: record, noise-multiplier: 1, sampling-rate: 0.1, exact: [evaluation, preprocessing]}"

  private func task(
    _ hospitals: FourHospitals, _ privacy: String = byRecord, federation: String, more: String = ""
  ) throws -> FederatedTask {
    try hospitals.task(
      federation: federation, model: "logistic", training: "{learning-rate: 0.05, local-steps: 3}",
      more: privacy + "\n" + more)
  }

  private func ledger(of name: ParticipantID, _ hospitals: FourHospitals) throws -> PrivacyLedger {
    let audit = try LedgerAudit(contentsOf: Participant.ledger(in: hospitals.state(of: name)))
    #expect(audit.fault == nil)
    #expect(audit.holder == name.name)
    return audit.ledger
  }

  /// The file as its owner has it.
  private func content(of name: ParticipantID, _ hospitals: FourHospitals) throws -> ContentHash {
    ContentHash(of: Array(try Data(contentsOf: URL(fileURLWithPath: hospitals.table(of: name)))))
  }

  /// A run that everybody approves, to its model.
  private func complete(
    _ task: FederatedTask, on server: TestServer, with hospitals: FourHospitals
  ) async throws -> RunID {
    let (run, events) = try await server.deploy(task, to: hospitals) {
      Participant($0, of: hospitals, $1)
    }
    #expect(events.model != nil)
    return run
  }

  @Test func `have each round that left in their own ledgers, of their data's content`() async throws {
    let hospitals = try FourHospitals()
    let task = try task(hospitals, federation: "{rounds: 3}")
    let server = TestServer(in: hospitals.folder)
    let run = try await complete(task, on: server, with: hospitals)
    for name in FourHospitals.names {
      let own = try ledger(of: name, hospitals)
      let trained = try hospitals.receipts(of: name).filter { $0.entry.round != nil }
      #expect(
        own.entries.map(\.activity)
          == (try trained.map { try .exchange($0.entry.exchange, of: run.name, round: $0.entry.round) }))
      #expect(own.entries.count == 3)
      let subject = try #require(own.subjects.first)
      #expect(own.subjects.count == 1)
      #expect(subject.name == "\(name).csv")
      #expect(subject == (try .dataSet(content(of: name, hospitals), at: name.name, named: "theirs")))
      let spent = try own.spending(of: subject, delta: 1e-5, unit: .record, relation: .zeroOut)
      #expect(spent.epsilon == (try task.guarantee?.epsilon))
    }
    // The server counts for itself.
    let own = try LedgerAudit(contentsOf: server.state + "/ledger.jsonl")
    #expect(own.fault == nil && own.ledger.entries.count == 3)
  }

  @Test(arguments: [false, true])
  func `stop in the midst of a run where their budget ends, and it goes on or ends without them`(
    isNeeded: Bool
  ) async throws {
    let hospitals = try FourHospitals()
    let task = try task(
      hospitals, federation: "{rounds: 3, quorum: \(isNeeded ? 1.0 : 0.75), deadline: 60s}")
    let plan = try #require(task.privacy)
    // An earlier run has spent two rounds' worth of what four may take.
    let state = hospitals.state(of: "dalen")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    var book: LedgerBook? = try LedgerBook(Participant.ledger(in: state), holder: "dalen")
    try book?.charge(
      plan.event(rounds: 2), for: .run("earlier"),
      of: .dataSet(content(of: "dalen", hospitals), at: "dalen", named: "older name"), unit: .record,
      relation: .zeroOut)
    book = nil
    let most = try plan.guarantee(rounds: 4).epsilon * 1.0001
    let refusals = Shared<[String]>([])
    let server = TestServer(in: hospitals.folder)
    let (_, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "dalen" else { return Participant(name, of: hospitals, identity) }
      return Participant(
        name, of: hospitals, identity,
        consent: Consent(
          try PolicyFile.wide(
            privacy: "{units: [record], most-epsilon: any, most-epsilon-in-all: \(most), exact: any}")),
        observe: { event in
          if case .declined(_, _, let kind, let reason, true) = event {
            refusals.change { $0.append("\(kind): \(reason)") }
          }
        })
    }
    #expect(try hospitals.receipts(of: "dalen").compactMap(\.entry.round) == [1, 2])
    let own = try ledger(of: "dalen", hospitals)
    #expect(own.entries.count == 3)
    let word = try #require(refusals.value.first)
    #expect(word.contains("round 3 would bring ε to "))
    #expect(word.contains("privacy.most-epsilon-in-all allows at most ε "))
    if isNeeded {
      guard case .failed(let failed)? = events.last else {
        Issue.record("the run needs everyone: \(events)")
        return
      }
      #expect(failed.reason.contains("dalen: refused by policy: round 3 would bring ε to "))
    } else {
      #expect(events.model != nil)
    }
  }

  @Test func `are charged for the whole run where they are asked by secret coins`() async throws {
    let hospitals = try FourHospitals()
    let task = try task(
      hospitals, "privacy: {unit: participant, noise-multiplier: 1, exact: [evaluation, preprocessing]}",
      federation: "{rounds: 3, cohort: {poisson: 0.5}}", more: "protection: {clip: 1.0}")
    let run = try await complete(task, on: TestServer(in: hospitals.folder), with: hospitals)
    for name in FourHospitals.names {
      let own = try ledger(of: name, hospitals)
      #expect(own.entries.map(\.activity) == [try .run(run.name)])
      let spent = try own.spending(
        of: #require(own.subjects.first), delta: 1e-5, unit: .participant, relation: .zeroOut)
      #expect(spent.epsilon == (try task.guarantee?.epsilon))
    }
  }

  @Test func `find out whoever puts an older ledger back, with all of its folder, by what the server kept`()
    async throws
  {
    let hospitals = try FourHospitals()
    let task = try task(hospitals, federation: "{rounds: 3}")
    let server = TestServer(in: hospitals.folder)
    let identities = Shared<[ParticipantID: Identity]>([:])
    _ = try await server.deploy(task, to: hospitals) { name, identity in
      identities.change { $0[name] = identity }
      return Participant(name, of: hospitals, identity)
    }
    let path = Participant.ledger(in: hospitals.state(of: "birk"))
    let head = try LedgerAudit(contentsOf: path).head
    #expect(head.sequence == 3)
    let store = try ServerState(in: server.state, creating: false).store
    #expect(try store.ledgerHead(of: "birk") == head)
    // A head of before does not take the place of a later one.
    try store.keep(LedgerHead(sequence: 1, hash: .ofNothing), of: "birk")
    #expect(try store.ledgerHead(of: "birk") == head)

    // An older copy with its own head, as a restored folder has it: nothing here shows it.
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let older = lines.prefix(2).joined(separator: "\n") + "\n"
    let link = ContentHash(of: Array(lines[1].utf8))
    try Data(older.utf8).write(to: URL(fileURLWithPath: path))
    try Data("{\"number\":1,\"sha256\":\"\(link)\"}\n".utf8).write(to: URL(fileURLWithPath: path + ".head"))
    #expect(try LedgerAudit(contentsOf: path).fault == nil)
    let birk = try #require(identities.value["birk"])
    let warnings = Shared<[String]>([])
    try await server.serve(port: birk.server.port) { _ in
      let error = await #expect(throws: StoreError.self) {
        try await Participant("birk", of: hospitals, birk).run()
      }
      #expect(error?.code == .corrupt)
      #expect(error?.description.hasPrefix(path + ": it ends after entry 1") == true)
      #expect(error?.message.contains("older copy") == true)
      // Another participant has seen the server's ledger by now, and notices when it goes back.
      let corvo = try #require(identities.value["corvo"])
      let joined = Shared(false)
      let observe: @Sendable (ParticipantEvent) -> Void = { event in
        if case .warned(let message) = event { warnings.change { $0.append(message) } }
        if case .joined = event { joined.change { $0 = true } }
      }
      let kept = hospitals.state(of: "corvo") + "/server-ledger.head"
      try Data(LedgerHead(sequence: 9, hash: .ofNothing).description.utf8).write(
        to: URL(fileURLWithPath: kept))
      let visit = Task { try await Participant("corvo", of: hospitals, corvo, observe: observe).run() }
      while !joined.value || warnings.value.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      visit.cancel()
      _ = try await visit.value
    }
    #expect(
      warnings.value == [
        "the server's privacy ledger ended with entry 9 when it was seen last, and ends with entry 3 now: it was put back to an older state"
      ])
  }

  @Test func `refuse what promises less than they demand, before any data are read`() async throws {
    let hospitals = try FourHospitals()
    let task = try task(hospitals, federation: "{rounds: 3, deadline: 60s}")
    let server = TestServer(in: hospitals.folder)
    let reads = Shared(0)
    let (_, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "dalen" else { return Participant(name, of: hospitals, identity) }
      return Participant(
        name, of: hospitals, identity,
        consent: Consent(
          try PolicyFile.wide(
            privacy: "{units: [record], most-epsilon: 0.5, most-epsilon-in-all: any, exact: any}")),
        read: { reads.change { $0 += 1 } })
    }
    guard case .failed(let failed)? = events.last else {
      Issue.record("the preparation needs everyone: \(events)")
      return
    }
    #expect(failed.reason.contains("dalen: refused by policy: asked for: ε "))
    #expect(failed.reason.contains("privacy.most-epsilon allows at most 0.5"))
    #expect(reads.value == 0)
  }
}
