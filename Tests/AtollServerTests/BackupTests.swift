import AtollFederation
import AtollLearning
import AtollNumerics
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
