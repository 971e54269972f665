import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// A server's state is copied while runs go on, and what is made of the copy goes on where they were.
@Suite struct `A backup` {
  @Test func `is of one instant, and its run ends with the same bytes`() throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{strategy: fedadam, rounds: 4}")
    let (state, copy, restored) = ("engine", "\(hospitals.folder.path)/copy", "restored")
    func check<P: FederatedProgram<LearnedModel>>(_ program: P) throws {
      var rig = try EngineRig(hospitals, task, program: program, state: state)
      // What a server's folder has besides.
      _ = try ServerState(in: "\(hospitals.folder.path)/\(state)", creating: true)
      rig.arriveAll()
      for _ in 0..<6 { try rig.replyAllOfThis() }
      let at = rig.engine.state.exchange
      let made = try Backup(of: "\(hospitals.folder.path)/\(state)", to: copy)
      #expect(made.files.contains { $0.path == "authority/key.pem" })
      // The server goes on, and forgets the model that the copy names.
      try rig.replyAll()
      let expected = try rig.hash
      #expect(try expected == hospitals.simulated(task))

      _ = try Backup(restoring: copy, to: "\(hospitals.folder.path)/\(restored)")
      let store = try ServerStore(in: "\(hospitals.folder.path)/\(restored)")
      let run = try #require(try store.run(rig.stored.id))
      var again = try EngineRig(
        hospitals, task, program: program, stored: run, store: store)
      #expect(again.engine.state.exchange == at)
      again.arriveAll()
      try again.replyAll()
      #expect(try again.hash == expected)
    }
    try check(task.program())
  }

  @Test func `is refused when a file of it has changed, and nothing is left`() throws {
    let folder = try TestFolder()
    _ = try ServerState(in: folder.path + "/server", creating: true)
    _ = try Backup(of: folder.path + "/server", to: folder.path + "/copy")
    // Never over something else.
    #expect(throws: StoreError.self) { try Backup(of: folder.path + "/server", to: folder.path + "/copy") }
    try folder.write("another key", to: "copy/state/authority/key.pem")
    let error = #expect(throws: StoreError.self) {
      try Backup(restoring: folder.path + "/copy", to: folder.path + "/new")
    }
    #expect(error?.code == .corrupt)
    #expect(error?.path.hasSuffix("authority/key.pem") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/new"))
  }

  @Test func `is there with all of it or not at all, interrupted or killed`() throws {
    let folder = try TestFolder()
    let (server, copy, new) = (folder.path + "/server", folder.path + "/copy", folder.path + "/new/")
    _ = try ServerState(in: server, creating: true)
    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
    func isInterrupted(after count: Int) -> () -> Bool {
      var asked = 0
      return {
        asked += 1
        return asked > count
      }
    }
    let stopped = #expect(throws: RunFailure.self) {
      try Backup(of: server, to: copy, isCancelled: isInterrupted(after: 1))
    }
    #expect(stopped?.code == .cancelled)
    #expect(try names() == ["server"])
    // What a kill leaves, the next try takes away.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/.copy.unfinished/state/authority", withIntermediateDirectories: true)
    try folder.write("half a key", to: ".copy.unfinished/state/authority/other.pem")
    let made = try Backup(of: server, to: copy)
    #expect(!made.files.contains { $0.path.hasSuffix("other.pem") })
    #expect(try names() == ["copy", "server"])
    #expect(!FileManager.default.fileExists(atPath: copy + "/state/authority/other.pem"))

    #expect(throws: RunFailure.self) {
      try Backup(restoring: copy, to: new, isCancelled: isInterrupted(after: 1))
    }
    #expect(try names() == ["copy", "server"])
    // An empty folder is as good as none, with or without a slash at its end.
    try FileManager.default.createDirectory(atPath: new, withIntermediateDirectories: true)
    _ = try Backup(restoring: copy, to: new)
    #expect(try names() == ["copy", "new", "server"])
    #expect(FileManager.default.fileExists(atPath: new + "authority/key.pem"))
  }

  @Test func `does not give back what was spent after it`() throws {
    let folder = try TestFolder()
    let (server, copy) = (folder.path + "/server", folder.path + "/copy")
    _ = try ServerState(in: server, creating: true)
    let file = server + "/ledger.jsonl"
    var book: LedgerBook? = try LedgerBook(file, holder: "server")
    let noise = try PrivacyEvent(.gaussian(noiseMultiplier: 4))
    let subject = try PrivacySubject.population("all", at: "server")
    func charge(_ exchange: Int) throws {
      try book?.charge(
        noise, for: .exchange(exchange, of: "heart-1"), of: subject, unit: .participant, relation: .zeroOut)
    }
    try charge(0)
    let backup = try Backup(of: server, to: copy)
    #expect(backup.files.map(\.path).contains { $0 == "ledger.jsonl.head" })
    try charge(1)
    book = nil
    func restore(_ name: String, _ ledger: Backup.Ledger?) throws -> Int {
      _ = try Backup(restoring: copy, to: "\(folder.path)/\(name)", ledger: ledger)
      let audit = try LedgerAudit(contentsOf: "\(folder.path)/\(name)/ledger.jsonl")
      #expect(audit.fault == nil)
      return audit.ledger.entries.count
    }
    // Nobody said what became of the ledger.
    let asked = #expect(throws: RunFailure.self) { try restore("new", nil) }
    #expect(asked?.message.contains("ends with entry 1") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/new"))
    #expect(try restore("going-on", .file(file)) == 2)
    #expect(try restore("lost", .lost) == 1)
    // A ledger that did not go on from the backup's is another one, or older.
    var other: LedgerBook? = try LedgerBook(folder.path + "/other.jsonl", holder: "server")
    #expect(other?.head.sequence == 0)
    other = nil
    let strange = #expect(throws: StoreError.self) {
      try restore("strange", .file(folder.path + "/other.jsonl"))
    }
    #expect(strange?.message.contains("older copy") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/strange"))
  }

  /// What a run did after the backup may have been seen; what it does again has other noise, and another cohort.
  @Test func `has what a run does again charged again`() throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task()
    let path = hospitals.folder.path
    let state = try ServerState(in: path + "/server", creating: true)
    let header = RunHeader(
      atoll: "test", task: task.contentHash, seed: 7, data: [:], participants: FourHospitals.names)
    let run = try state.store.begin(
      task, header: header,
      Submission(source: task.yaml, signature: Data(), signer: Data(), submittedBy: "operator")
    ).id
    let charge = PrivacyCharge(
      event: try PrivacyEvent(.gaussian(noiseMultiplier: 4)), unit: .participant, relation: .zeroOut)
    /// Charges an exchange, twice over as after a crash, and tells how many entries there are.
    func count(charging exchange: Int, in folder: String, repetition: Int) throws -> Int {
      let book = try LedgerBook(folder + "/ledger.jsonl", holder: "server")
      for _ in 0..<2 {
        try RunLedger(
          book, run: run.name, subject: .population("all", at: "server"), repetition: repetition
        ).charge(charge, for: exchange, round: exchange + 1)
      }
      return book.ledger.entries.count
    }
    #expect(try count(charging: 0, in: path + "/server", repetition: 0) == 1)
    try state.store.keepSecret(Data("a cohort".utf8), of: run)
    _ = try Backup(of: path + "/server", to: path + "/copy")
    #expect(try count(charging: 1, in: path + "/server", repetition: 0) == 2)
    var last = path + "/server"
    for repetition in 1...2 {
      let restored = "\(path)/restored-\(repetition)"
      _ = try Backup(restoring: path + "/copy", to: restored, ledger: .file(last + "/ledger.jsonl"))
      let store = try ServerStore(in: restored)
      #expect(try store.repetition(of: run) == repetition)
      #expect(try store.secret(of: run) == nil)
      #expect(try count(charging: 1, in: restored, repetition: repetition) == 2 + repetition)
      last = restored
    }
  }

  @Test func `keeps the server from taking anything away meanwhile`() throws {
    let folder = try TestFolder()
    let store = try ServerStore(in: folder.path + "/server")
    let files = try RunFolder(#require(RunID("heart-1")), in: store)
    let old = try files.put(Data("old".utf8))
    var lock: BackupLock? = try BackupLock(in: store.path)
    #expect(throws: StoreError.self) { try BackupLock(in: store.path) }
    files.keep([])
    #expect(try files.get(old) == Data("old".utf8))
    withExtendedLifetime(lock) {}
    lock = nil
    files.keep([])
    #expect(throws: StoreError.self) { try files.get(old) }
  }
}
