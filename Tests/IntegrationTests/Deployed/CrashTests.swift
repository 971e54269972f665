import AtollNumerics
import Foundation
import Testing

@testable import AtollStore

/// The server and its participants, in processes that are killed at moments drawn by a seed, some of them while something
/// is being written: every run ends with the bytes of `atoll run` with its contributors.
///
/// `script/crash` asks for more kills and other seeds.
@Suite(.serialized, .timeLimit(.minutes(60))) struct `Processes that are killed` {
  private static let environment = ProcessInfo.processInfo.environment
  /// Kills in all, and the first seed.
  private static let kills = environment["ATOLL_KILLS"].flatMap { Int($0) } ?? 60
  private static let seed = environment["ATOLL_CRASH_SEED"].flatMap { UInt64($0) } ?? 11
  private static let killsInRun = 20

  @Test func `end with the model of their contributors, and nothing is lost or counted twice`() throws {
    let studies: [(Study, rounds: Int)] = [(.logistic, 150), (.multilayer, 100), (.adaptive, 100)]
    var kills = 0
    var inWrites = 0
    var number = 0
    while kills < Self.kills, number < 10 + Self.kills / 5 {
      let (study, rounds) = studies[number % studies.count]
      let seed = Self.seed + UInt64(number)
      var run = try CrashRun(
        study, rounds: rounds, seed: seed, kills: min(Self.killsInRun, Self.kills - kills))
      try run.go()
      kills += run.kills
      inWrites += run.killsInWrites
      number += 1
      print(
        "seed \(seed): \(study.name), \(rounds) rounds, \(run.kills) kills, \(run.killsInWrites) of them during writes"
      )
    }
    #expect(kills >= Self.kills)
    #expect(inWrites > 0)
  }

  /// What takes gigabytes and minutes, for the script.
  @Test(.enabled(if: environment["ATOLL_CRASH_STATE"] != nil))
  func `are back within two seconds, with a gigabyte of state`() throws {
    let study = Study.tumours(
      "large", model: "{kind: mlp, hidden: [9000, 9000]}",
      training: "{learning-rate: 0.001, batch-size: full, local-epochs: 1}",
      federation: "{strategy: fedadam, rounds: 3, participants: [ashford]}")
    let federation = try Federation(study)
    try federation.serve()
    try federation.enroll(CrashRun.hospitals)
    try federation.participate("ashford")
    let run = try federation.submit()
    try federation.hear(of: run, says: "round 1", within: 300)
    try federation.hear(of: run, says: "round 2", within: 300)
    for _ in 0..<3 {
      try federation.killServer()
      let began = Date.now
      try federation.serve()
      let listening = Date.now.timeIntervalSince(began)
      try federation.hear(of: run, says: "waiting for", within: 20)
      let back = Date.now.timeIntervalSince(began)
      print(
        String(
          format: "state %.2f GB: listening after %.2f s, the run goes on after %.2f s",
          Double(federation.folder.byteCount("server")) / 1e9, listening, back))
      #expect(listening < 2)
    }
  }
}

/// One run with kills.
struct CrashRun {
  static let hospitals = ["ashford", "birk", "corvo", "dalen"]
  private let federation: Federation
  private let name: String
  private let wanted: Int
  private var coins: RandomStream
  private(set) var kills = 0
  private(set) var killsInWrites = 0

  init(_ study: Study, rounds: Int, seed: UInt64, kills: Int) throws {
    name = study.name
    wanted = kills
    coins = RandomStream(seed: seed, purpose: .network)
    federation = try Federation(study)
    let folder = federation.folder
    try folder.write(
      String(decoding: folder.bytes("task.yaml"), as: UTF8.self).replacing(
        #/rounds: \d+/#, with: "rounds: \(rounds)"), to: "task.yaml")
  }

  mutating func go() throws {
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    try killAround(run)
    let watched = try federation.watch(run, to: "result", deadline: 120)
    try #require(watched.status == 0, "\(watched.errors)")
    let again = try atoll(
      "run", "task.yaml", "--json", "--out", "again", "--contributors", "result", in: folder)
    #expect(try watched.model() == again.model())
    #expect(try atoll("verify", "result", in: folder).status == 0)
    #expect(try federation.stopServer()?.status == 0)
    try checkStores(run)
  }

  private mutating func killAround(_ run: String) throws {
    var isOver = false
    let deadline = Date(timeIntervalSinceNow: 150)
    while !isOver, Date.now < deadline {
      guard kills < wanted else {
        // Enough is enough: from then on everyone is left to finish.
        usleep(50_000)
        isOver = Self.hospitals.allSatisfy { federation.hasEnded($0) }
        continue
      }
      let victim = Int(coins.uniform() * 5)
      let isInWrite = try choose(victim, run)
      if victim == 4 {
        try federation.killServer()
        kills += 1
        try federation.serve()
      } else {
        let name = Self.hospitals[victim]
        // One that has ended by itself has seen the end of the run; the others see it, too.
        guard !federation.hasEnded(name) else {
          isOver = true
          break
        }
        try federation.kill(name)
        kills += 1
        try federation.participate(name)
      }
      if isInWrite { killsInWrites += 1 }
    }
    for name in Self.hospitals {
      #expect(try federation.end(of: name, deadline: 60).status == 0, "\(name) did not hear of the end")
    }
  }

  /// Waits for the moment: some time, or until the victim is in the midst of a write.
  ///
  /// - Returns: whether it is writing.
  private mutating func choose(_ victim: Int, _ run: String) throws -> Bool {
    usleep(UInt32(20_000 + 200_000 * coins.uniform()))
    guard coins.uniform() < 0.5 else { return false }
    let folder =
      victim == 4
      ? "server/runs/\(run)/state/blobs" : "\(Self.hospitals[victim]).id/state/runs/\(run)"
    let patience = Date(timeIntervalSinceNow: 0.3)
    while Date.now < patience {
      if federation.folder.isBeingWritten(folder) { return true }
    }
    return false
  }

  // MARK: What must hold

  /// Every answer in a sum was given once, by whoever the manifest names, and has its receipt.
  private func checkStores(_ run: String) throws {
    let folder = federation.folder
    let rows = try folder.rows(
      of: "server/atoll.sqlite",
      query: "SELECT exchange, participant, answer FROM contribution WHERE run = '\(run)' ORDER BY 1, 2")
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: folder.data("result/manifest.json")) as? [String: Any])
    let exchanges = try #require(manifest["exchanges"] as? [[String: Any]])
    var named: [String] = []
    for (number, exchange) in exchanges.enumerated() {
      let contributors = try #require(exchange["contributors"] as? [[String: Any]])
      named += contributors.compactMap { $0["participant"] as? String }.map { "\(number),\($0)" }
    }
    #expect(rows.map { $0.prefix(2).joined(separator: ",") } == named.sorted(by: Self.byExchange))
    for name in Self.hospitals {
      let book = "\(name).id/state/receipts.jsonl"
      guard FileManager.default.fileExists(atPath: folder.path + "/" + book) else { continue }
      var receipts: [String: [String]] = [:]
      for line in try folder.text(book).split(separator: "\n") {
        guard let receipt = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
          receipt["run"] as? String == run, let exchange = receipt["exchange"] as? Int,
          let hash = receipt["sha256"] as? String
        else { continue }
        receipts["\(exchange)", default: []].append(hash)
      }
      for row in rows where row[1] == name {
        #expect(receipts[row[0]] == ["sha256:" + row[2]], "\(name), exchange \(row[0])")
      }
    }
  }

  private static func byExchange(_ left: String, _ right: String) -> Bool {
    func key(_ text: String) -> (Int, String) {
      let parts = text.split(separator: ",", maxSplits: 1)
      return (Int(parts[0]) ?? 0, String(parts[1]))
    }
    return key(left) < key(right)
  }
}

extension Federation {
  /// Waits until the list of runs says something of a run.
  func hear(of run: String, says words: String, within seconds: Double) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    var last = ""
    while Date.now < deadline {
      last = try atoll("runs", "--identity", "server/operator", in: folder).output
      if last.split(separator: "\n").contains(where: { $0.contains(run) && $0.contains(words) }) { return }
      if last.contains("failed") { break }
      usleep(20_000)
    }
    try #require(Bool(false), "“\(words)” is not said of \(run): \(last)")
  }
}

extension Folder {
  func data(_ name: String) throws -> Data { Data(try bytes(name)) }

  /// Whether somebody is in the midst of writing a file there, or in a folder in it.
  func isBeingWritten(_ name: String) -> Bool {
    guard let walk = FileManager.default.enumerator(atPath: path + "/" + name) else { return false }
    for case let file as String in walk where file.hasSuffix(".tmp") { return true }
    return false
  }

  /// Of all files in a folder, in bytes.
  func byteCount(_ name: String) -> Int {
    guard let walk = FileManager.default.enumerator(atPath: path + "/" + name) else { return 0 }
    var count = 0
    while walk.nextObject() != nil { count += (walk.fileAttributes?[.size] as? Int) ?? 0 }
    return count
  }

  /// The rows of a query on a database.
  func rows(of database: String, query: String) throws -> [[String]] {
    var text: [UInt8] = []
    try SQLiteSource(path + "/" + database, query: query).forEachChunk { text.append(contentsOf: $0) }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
