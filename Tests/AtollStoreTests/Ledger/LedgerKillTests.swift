import AtollPrivacy
import Foundation
import Testing

@testable import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A real process that charges and releases, killed at any instant: the ledger has at least what was released.
@Suite(.serialized) struct LedgerKillTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-kill-\(UUID().uuidString)"
  private var path: String { folder + "/ledger.jsonl" }
  private var releases: String { folder + "/releases" }

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  /// `Tests/LedgerProbe`, beside the tests.
  private static let probe: String? = {
    let places = [ProcessInfo.processInfo.arguments[0], Bundle.main.executablePath ?? ""]
    for place in places + Bundle.allBundles.map(\.bundlePath) {
      var url = URL(fileURLWithPath: place)
      while url.path != "/" {
        url.deleteLastPathComponent()
        let candidate = url.appendingPathComponent("LedgerProbe").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
          return candidate
        }
      }
    }
    return nil
  }()

  private func start(_ arguments: String..., output: Pipe = Pipe()) throws -> Process {
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: try #require(Self.probe, "LedgerProbe is built with the tests"))
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func released() throws -> [Int] {
    guard FileManager.default.fileExists(atPath: releases) else { return [] }
    return try String(contentsOfFile: releases, encoding: .utf8).split(separator: "\n").compactMap { Int($0) }
  }

  /// Kills a process again and again; how many releases had no charge at some kill, and how many had one at the end.
  private func killed(_ times: Int, _ mode: String) throws -> (uncharged: Int, charged: Int) {
    var (uncharged, charged) = (0, 0)
    for attempt in 0..<times {
      let process = try start(mode, path, releases)
      // From before the first line to dozens of charges later.
      let before = try released().count
      if attempt % 3 > 0 {
        var tries = 0
        while try released().count == before, tries < 5000 {
          usleep(1000)
          tries += 1
        }
      }
      usleep(UInt32.random(in: 0..<20_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let audit = try LedgerAudit(contentsOf: path)
      // Before the title is written there is no book yet, and nothing was released.
      guard audit.fault == nil else {
        #expect(
          audit.fault == .chain(.noBook) && audit.head.sequence == 0, "\(String(describing: audit.fault))")
        continue
      }
      let rounds = Set(audit.ledger.entries.map(\.activity))
      let seen = try Set(released())
      uncharged += try seen.filter { try !rounds.contains(.exchange($0, of: "study-1")) }.count
      charged = seen.count
      #expect(
        audit.ledger.entries.count <= seen.count + 1 || mode != "charge", "at most one was not released")
    }
    return (uncharged, charged)
  }

  @Test func `every release has its charge, killed sixty times`() throws {
    let (uncharged, charged) = try killed(60, "charge")
    #expect(uncharged == 0)
    #expect(charged > 60)
    // The book goes on after all that.
    let book = try LedgerBook(path, holder: "st-olav")
    #expect(book.ledger.entries.map(\.sequence) == Array(1...book.head.sequence))
  }

  @Test func `a release before its charge is found out`() throws {
    #expect(try killed(30, "release-first").uncharged > 0)
  }

  @Test func `where there is no room nothing is charged, and the book goes on when there is`() throws {
    let output = Pipe()
    let process = try start("small", path, "3000", output: output)
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let lines = text.split(separator: "\n")
    #expect(lines.count == 3)
    let audit = try LedgerAudit(contentsOf: path)
    let count = audit.ledger.entries.count
    #expect(audit.fault == nil && audit.torn == 0 && count > 2)
    for line in lines {
      #expect(line.hasPrefix("\(count) \(count) \(path): cannot be written: "), "\(line)")
    }
    let book = try LedgerBook(path, holder: "st-olav")
    try book.charge(
      audit.ledger.entries[0].event, for: .named("more"), of: audit.ledger.subjects[0], unit: .record,
      relation: .addOrRemoveOne)
    #expect(book.head.sequence == count + 1)
  }

  @Test func `two processes do not share a ledger`() throws {
    let output = Pipe()
    let process = try start("hold", path, output: output)
    #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("open\n".utf8))
    let refused = #expect(throws: StoreError.self) { _ = try LedgerBook(path, holder: "st-olav") }
    #expect(refused == StoreError(.busy, path: path, "another process is writing the privacy ledger here"))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    _ = try LedgerBook(path, holder: "st-olav")
  }

  @Test func `of processes that begin a ledger at once one has it`() throws {
    for attempt in 0..<10 {
      let path = folder + "/ledger-\(attempt).jsonl"
      let processes = try (0..<6).map { _ in try start("hold", path) }
      var tries = 0
      while processes.filter(\.isRunning).count > 1, tries < 3000 {
        usleep(10_000)
        tries += 1
      }
      let holders = processes.filter(\.isRunning)
      #expect(holders.count == 1)
      #expect(processes.filter { !$0.isRunning }.allSatisfy { $0.terminationStatus == 75 })
      // Until it has begun it.
      while (try? LedgerAudit(contentsOf: path).fault == nil) != true, tries < 3000 {
        usleep(10_000)
        tries += 1
      }
      #expect(try LedgerAudit(contentsOf: path).fault == nil)
      for process in holders {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      #expect(try LedgerBook(path, holder: "st-olav").head.sequence == 0)
    }
  }
}
