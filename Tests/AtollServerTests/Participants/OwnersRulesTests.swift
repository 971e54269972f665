import AtollClient
import AtollExternal
import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// What a data owner decides, in a real deployed run.
@Suite(.timeLimit(.minutes(5))) struct `An owner's rules` {
  static let trainer =
    "python3 '"
    + URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Examples/external-trainer/train_plain.py").path + "'"

  static let hasPython: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "command -v python3"]
    process.standardOutput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: hasPython, "python3 is not installed"), arguments: ["fedavg", "scaffold"])
  func `let a program of one's own train, to the model of atoll run with it`(strategy: String) async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{strategy: \(strategy), rounds: 2}", model: "logistic")
    let trainer = ExternalTrainer(Self.trainer)
    let server = TestServer(in: hospitals.folder)
    let (_, events) = try await server.deploy(task, to: hospitals) { name, identity in
      Participant(name, of: hospitals, identity, options: Participant.Options(trainer: trainer))
    }
    let expected = try hospitals.simulated(task, trainer: trainer)
    #expect(events.model == expected)
    #expect(try expected != hospitals.simulated(task), "the program rounds otherwise")
  }

  @Test func `are told apart by the server, and its totals are those of the receipts`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task()
    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      try Participant(
        name, of: hospitals, identity,
        consent: Consent([Consent.Approval(task)], within: PolicyFile.wide(operators: "[operator]")))
    }
    #expect(try events.model == hospitals.simulated(task))
    let receipts = try FourHospitals.names.flatMap { try hospitals.receipts(of: $0) }
    #expect(receipts.reduce(0) { $0 + $1.entry.bytes } == events.bytesUp)
    #expect(receipts.allSatisfy { $0.entry.run == run.name && !$0.entry.what.isEmpty })
    #expect(receipts.compactMap(\.entry.round).count == 3 * 4)
  }

  @Test(arguments: ["[somebody-else]", "[]"])
  func `refuse a task of an operator that they do not name, and no data are read`(operators: String)
    async throws
  {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 2, deadline: 60s}")
    let server = TestServer(in: hospitals.folder)
    let reads = Shared(0)
    let refusals = Shared<[String]>([])
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "dalen" else { return Participant(name, of: hospitals, identity) }
      return Participant(
        name, of: hospitals, identity, consent: Consent(try PolicyFile.wide(operators: operators)),
        read: { reads.change { $0 += 1 } },
        observe: { event in
          if case .declined(_, _, _, let reason, true) = event { refusals.change { $0.append(reason) } }
        })
    }
    // The preparation needs everyone: the run ends, and its reason names the rule, as the server was told it.
    guard case .failed(let failed)? = events.last else {
      Issue.record("\(run) did not fail: \(events)")
      return
    }
    #expect(failed.reason.contains("dalen: refused by policy: asked for: a task of “operator”"))
    #expect(!failed.reason.contains("policy.yaml"))
    #expect(reads.value == 0)
    #expect(try hospitals.receipts(of: "dalen").isEmpty)
    // The owner is told where the rule stands.
    #expect(refusals.value.first?.hasPrefix("policy.yaml:2:") == true)
    #expect(refusals.value.first?.contains("operators allows") == true)
  }

  @Test func `end with what they allow in all, counted over restarts`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 3, quorum: 0.75, deadline: 60s}")
    let server = TestServer(in: hospitals.folder)
    let (_, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "dalen" else { return Participant(name, of: hospitals, identity) }
      return Participant(
        name, of: hospitals, identity,
        consent: Consent(try PolicyFile.wide(limits: "rounds-in-all: 2, ")))
    }
    #expect(events.model != nil)
    let rounds = try hospitals.receipts(of: "dalen").compactMap(\.entry.round)
    #expect(rounds == [1, 2])
  }

  @Test(arguments: [true, false])
  func `may be taken back in the midst of a run`(isNeeded: Bool) async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(
      federation: "{rounds: 3, deadline: 600s, quorum: \(isNeeded ? 1.0 : 0.75)}")
    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      guard name == "dalen" else { return Participant(name, of: hospitals, identity) }
      let trained = Shared(0)
      return Participant(
        name, of: hospitals, identity,
        observe: { event in
          guard case .asked(let run, _, let kind, _) = event, kind.hasPrefix("train") else { return }
          trained.change { $0 += 1 }
          guard trained.value == 2 else { return }
          // Said twice, it is news once.
          let news = (0..<2).map { _ in try? Participant.withdraw(from: run, in: hospitals.state(of: name)) }
          #expect(news == [true, false])
        })
    }
    // Its future ends at once, long before any deadline; its past is in the receipts and in the sums.
    #expect(try hospitals.receipts(of: "dalen").compactMap(\.entry.round) == [1])
    let rounds = events.compactMap { event -> Int? in
      if case .round(let report, _) = event { report.participants } else { nil }
    }
    let notes = events.compactMap { event -> String? in if case .note(let text) = event { text } else { nil }
    }
    #expect(notes.contains("dalen has withdrawn"))
    let store = try ServerState(in: server.state, creating: false).store
    let audit = try store.auditLog()
    #expect(audit.contains { $0.actor == "dalen" && $0.action == "withdrew" && $0.subject == run.name })
    #expect(try store.withdrawals(from: run) == ["dalen"])
    if isNeeded {
      guard case .failed(let failed)? = events.last else {
        Issue.record("the run needs everyone: \(events)")
        return
      }
      #expect(failed.reason.contains("dalen"))
      #expect(failed.reason.contains("withdrawn"))
    } else {
      #expect(events.model != nil)
      #expect(rounds == [4, 3, 3])
    }
  }

  @Test func `allow nothing for a server elsewhere by a policy that allows everything`() async throws {
    let hospitals = try FourHospitals()
    let server = TestServer(in: hospitals.folder)
    try await server.serve { address in
      let identity = try await server.enroll("ashford", at: address, in: hospitals.folder)
      let elsewhere = identity.moved(to: ServerAddress(host: "fl.north.example"))
      let participant = Participant("ashford", of: hospitals, elsewhere)
      await #expect(throws: Refusal.self) { try await participant.run() }
      #expect(Participant("ashford", of: hospitals, identity).refusal == nil)
    }
  }
}

/// Policies of tests.
enum PolicyFile {
  /// Everything but what is said here.
  static func wide(operators: String = "any", limits: String = "", privacy: String = "") throws -> Policy {
    try Policy(
      yaml: """
        version: 1
        operators: \(operators)
        tasks: any
        questions: any
        models: {kinds: any, most-parameters: any}
        columns: {features: any, labels: any, groups: any}
        preprocessing: {missing: any, scale: any, categories: any}
        per-site: {columns: true, evaluation: true, details: true, replies: true}
        limits: {\(limits)rounds: any, exchanges: any, bytes: any, \(limits.isEmpty ? "rounds-in-all: any, " : "")exchanges-in-all: any, bytes-in-all: any}
        least-participants: 2
        external-trainer: false
        \(privacy.isEmpty ? "" : "privacy: \(privacy)")
        """)
  }
}
