import AtollFederation
import AtollNumerics
import AtollStore
import Foundation
import Testing

/// A run that is kept in a folder, as a kill or a careless hand may leave it.
@Suite struct `A run directory` {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-run-\(UUID().uuidString)"
  private var path: String { folder + "/run" }
  private let header = RunHeader(
    atoll: "0", task: ContentHash(of: Array("task".utf8)), seed: 7, data: [:], participants: ["a", "b"])

  /// Runs `body` with a run of three commits, the last of which keeps one blob; then removes the folder.
  private func withRun(commits: Int = 3, _ body: (_ blob: ContentHash) throws -> Void) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var blob = ContentHash(of: [UInt8]())
    do {
      let run = try RunDirectory(creating: path, header: header, task: "task: classification\n")
      var head = try header.hash
      for number in 0..<commits {
        blob = try run.put(Data("model \(number)".utf8))
        let checkpoint = try checkpoint(number, after: head)
        try run.commit(checkpoint, keeping: [blob])
        head = try #require(checkpoint.record).hash
      }
    }
    try body(blob)
  }

  private func checkpoint(_ number: Int, after head: ContentHash) throws -> Checkpoint {
    let record = ExchangeRecord(
      exchange: number, query: "ask", contributors: [], program: ContentHash(of: [UInt8(number)]), round: nil,
      previous: head)
    return Checkpoint(record: record, program: Data("{}".utf8), kind: "program")
  }

  private func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + name)) }

  private func write(_ data: Data, to name: String) throws {
    try data.write(to: URL(fileURLWithPath: path + name))
  }

  private func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + name) }

  private func expectRefusal(_ code: StoreError.Code, says words: String, _ body: () throws -> Void) {
    let error = #expect(throws: StoreError.self) { try body() }
    #expect(error?.code == code)
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  // MARK: What a kill leaves

  @Test func `comes back as it was committed`() throws {
    try withRun { blob in
      let run = try RunDirectory(resuming: path)
      #expect(run.header == header)
      #expect(try run.records().map(\.exchange) == [0, 1, 2])
      #expect(try run.checkpoint()?.record == run.records().last)
      #expect(!run.isEmpty && run.lastRound == 0)
      #expect(try run.get(blob) == Data("model 2".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/state/blobs").count == 1)
    }
  }

  @Test(arguments: [1, 10, 60])
  func `mends a journal whose last line was cut off`(bytes: Int) throws {
    try withRun { _ in
      let whole = try read("/state/journal.jsonl")
      try write(whole.dropLast(bytes), to: "/state/journal.jsonl")
      #expect(try RunDirectory(resuming: path).records().map(\.exchange) == [0, 1, 2])
      #expect(try read("/state/journal.jsonl") == whole)
    }
  }

  @Test func `mends a journal that is one record behind`() throws {
    try withRun { _ in
      let whole = try read("/state/journal.jsonl")
      let lines = whole.split(separator: UInt8(ascii: "\n"))
      try write(
        Data(lines.dropLast().joined(separator: [UInt8(ascii: "\n")])) + [10], to: "/state/journal.jsonl")
      #expect(try RunDirectory(resuming: path).records().map(\.exchange) == [0, 1, 2])
      #expect(try read("/state/journal.jsonl") == whole)
    }
  }

  @Test func `begins anew where nothing was committed`() throws {
    try withRun(commits: 0) { _ in
      let run = try RunDirectory(resuming: path)
      #expect(try run.checkpoint() == nil)
      #expect(try run.records().isEmpty && run.isEmpty)
    }
  }

  @Test func `forgets what a kill left half-written`() throws {
    try withRun { _ in
      try write(Data("half".utf8), to: "/.atoll-1-2.tmp")
      try write(Data("half".utf8), to: "/state/.atoll-1-0.tmp")
      try write(Data("half".utf8), to: "/state/blobs/.atoll-1-1.tmp")
      let run = try RunDirectory(resuming: path)
      #expect(try run.records().count == 3)
      try run.finish(model: model)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["manifest.json", "task.yaml"])
    }
  }

  @Test func `that is finished is not resumed, though a kill left some of its state`() throws {
    try withRun { _ in
      try RunDirectory(resuming: path).finish(model: model)
      try FileManager.default.createDirectory(
        atPath: path + "/state/blobs", withIntermediateDirectories: true)
      expectRefusal(.notFound, says: "finished") { _ = try RunDirectory(resuming: path) }
    }
  }

  // MARK: What it holds in memory

  /// Commits a record of many contributors, gives it up, and tells whether anyone still has its list: an array that
  /// nobody else has is changed in its place, one that is shared is copied first.
  private func isKept(_ commit: (Checkpoint) throws -> Void, number: Int, after head: inout ContentHash)
    throws
    -> Bool
  {
    let names = try (0..<1000).map { try #require(ParticipantID("participant-\($0)")) }
    var contributors = names.map { Contributor(participant: $0, exchange: number) }
    func place() -> Int { contributors.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) } }
    let before = place()
    head = try Self.commit(contributors, number, head, commit)
    contributors[0] = contributors[1]
    return place() != before
  }

  @inline(never)
  private static func commit(
    _ contributors: [Contributor], _ number: Int, _ head: ContentHash, _ commit: (Checkpoint) throws -> Void
  ) throws -> ContentHash {
    let record = ExchangeRecord(
      exchange: number, query: "ask", contributors: contributors, program: head,
      round: RoundReport(round: number + 1, participants: 1000, cohort: 1000, bytesUp: 10, bytesDown: 20),
      previous: head)
    try commit(Checkpoint(record: record, program: Data("{}".utf8), kind: "program"))
    return try record.hash
  }

  @Test func `keeps no record in memory, also after it was resumed`() throws {
    try withRun(commits: 0) { _ in
      var head = try header.hash
      for turn in 0..<2 {
        let run = try RunDirectory(resuming: path)
        for number in 3 * turn..<3 * turn + 3 {
          let kept = try isKept({ try run.commit($0, keeping: []) }, number: number, after: &head)
          #expect(!kept, "the record of exchange \(number) stays in memory")
        }
        #expect(run.lastRound == 3 * turn + 3)
        var rounds: [Int] = []
        try run.forEachRound { rounds.append($0.round) }
        #expect(rounds == Array(1...3 * turn + 3))
        #expect(run.traffic == (up: 10 * rounds.count, down: 20 * rounds.count))
        #expect(try run.records().map(\.contributors.count) == [Int](repeating: 1000, count: 3 * turn + 3))
      }
    }
  }

  @Test func `a store in memory that keeps records is found to keep them`() throws {
    let store = MemoryRunStore()
    var head = try header.hash
    #expect(try isKept({ store.commit($0, keeping: []) }, number: 0, after: &head))
    #expect(try isKept({ store.commit($0, keeping: []) }, number: 1, after: &head))
  }

  // MARK: Its manifest

  @Test(arguments: [0, 1, 3])
  func `writes the manifest record by record, with the bytes of a whole one`(commits: Int) throws {
    try withRun(commits: commits) { _ in
      let run = try RunDirectory(resuming: path)
      let whole = try Manifest(header: header, exchanges: run.records(), model: model)
      #expect(try run.finish(model: model) == whole.head)
      #expect(try read("/manifest.json") == CanonicalJSON.encode(whole))
      #expect(try Manifest.read(path) == whole)
    }
  }

  @Test func `refuses to write a manifest when the journal was cut meanwhile`() throws {
    try withRun { _ in
      let run = try RunDirectory(resuming: path)
      let lines = try read("/state/journal.jsonl").split(separator: UInt8(ascii: "\n"))
      try write(Data(lines[0] + [10]), to: "/state/journal.jsonl")
      expectRefusal(.corrupt, says: "journal") { try run.finish(model: model) }
      #expect(!FileManager.default.fileExists(atPath: path + "/manifest.json"))
    }
  }

  // MARK: What a hand changes

  @Test(arguments: [1, 2])
  func `refuses a journal that lacks more than a kill can take`(lines: Int) throws {
    try withRun { _ in
      let kept = try read("/state/journal.jsonl").split(separator: UInt8(ascii: "\n")).prefix(2 - lines)
      try write(Data(kept.flatMap { $0 + [10] }), to: "/state/journal.jsonl")
      expectRefusal(.corrupt, says: "journal") { _ = try RunDirectory(resuming: path) }
    }
  }

  @Test func `refuses a journal with a changed record`() throws {
    try withRun { _ in
      let text = String(decoding: try read("/state/journal.jsonl"), as: UTF8.self)
      let changed = text.replacing("\"query\":\"ask\"", with: "\"query\":\"tell\"", maxReplacements: 1)
      try #require(changed != text)
      try write(Data(changed.utf8), to: "/state/journal.jsonl")
      expectRefusal(.corrupt, says: "journal") { _ = try RunDirectory(resuming: path) }
    }
  }

  @Test func `refuses a journal without a checkpoint`() throws {
    try withRun { _ in
      try remove("/state/checkpoint.json")
      expectRefusal(.corrupt, says: "checkpoint") { _ = try RunDirectory(resuming: path) }
    }
  }

  @Test(arguments: ["/state/checkpoint.json", "/state/header.json"])
  func `refuses a file that is no JSON`(_ name: String) throws {
    try withRun { _ in
      try write(try read(name).dropLast(5), to: name)
      expectRefusal(.corrupt, says: name) { _ = try RunDirectory(resuming: path) }
    }
  }

  @Test func `refuses a blob that has changed, or is gone`() throws {
    try withRun { blob in
      let run = try RunDirectory(resuming: path)
      let name = "/state/blobs/" + blob.hexadecimal
      try write(Data("other".utf8), to: name)
      expectRefusal(.corrupt, says: blob.hexadecimal) { _ = try run.get(blob) }
      try remove(name)
      expectRefusal(.notFound, says: blob.hexadecimal) { _ = try run.get(blob) }
    }
  }

  // MARK: Whose it is

  @Test func `is used by one at a time`() throws {
    try withRun { _ in
      let first = try RunDirectory(resuming: path)
      expectRefusal(.busy, says: "another process") { _ = try RunDirectory(resuming: path) }
      #expect(try first.records().count == 3)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `is never made over something else`() throws {
    try withRun { _ in
      expectRefusal(.cannotWrite, says: "never overwritten") {
        _ = try RunDirectory(creating: path, header: header, task: "")
      }
    }
  }

  @Test func `keeps foreign files, also when it is discarded`() throws {
    try withRun { _ in
      try write(Data("mine".utf8), to: "/notes.txt")
      let run = try RunDirectory(resuming: path)
      run.discard()
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
    }
  }

  @Test func `is gone when it is discarded`() throws {
    try withRun { _ in
      try RunDirectory(resuming: path).discard()
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}

/// The chain of a manifest's records.
@Suite struct `A manifest` {
  private let header = RunHeader(
    atoll: "0", task: ContentHash(of: [1]), seed: 7, data: [:], participants: ["a"])

  private func records(_ queries: [String], after header: RunHeader) throws -> [ExchangeRecord] {
    var head = try header.hash
    return try queries.enumerated().map { number, query in
      let record = ExchangeRecord(
        exchange: number, query: query, contributors: [], program: ContentHash(of: [0]), round: nil,
        previous: head)
      head = try record.hash
      return record
    }
  }

  private func manifest() throws -> Manifest {
    try Manifest(
      header: header, exchanges: records(["x", "y", "z"], after: header), model: model)
  }

  @Test func `holds together`() throws { #expect(try manifest().firstBrokenLink() == nil) }

  @Test(arguments: zip(["x", "y", "z"], [1, 2, 3]))
  func `tells behind which record the chain is broken`(query: String, link: Int) throws {
    let text = String(decoding: try CanonicalJSON.encode(manifest()), as: UTF8.self)
    let changed = text.replacing("\"query\":\"\(query)\"", with: "\"query\":\"w\"")
    let read = try CanonicalJSON.decode(Manifest.self, from: Data(changed.utf8))
    #expect(try read.firstBrokenLink() == link)
  }

  /// Reads a text in a file as `Manifest.read` does.
  private func readFile(_ text: Data) throws -> Manifest {
    let file = FileManager.default.temporaryDirectory.path + "/atoll-manifest-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try text.write(to: URL(fileURLWithPath: file))
    return try Manifest.read(file)
  }

  @Test(arguments: [[], ["x"], ["{[\"", "]}\\", ",", "\\\"]}"]])
  func `is read record by record, whatever their texts hold, and however it is laid out`(_ queries: [String])
    throws
  {
    let whole = try Manifest(header: header, exchanges: records(queries, after: header), model: model)
    let text = try CanonicalJSON.encode(whole)
    #expect(try readFile(text) == whole)
    let object = try JSONSerialization.jsonObject(with: text)
    #expect(try readFile(JSONSerialization.data(withJSONObject: object, options: .prettyPrinted)) == whole)
  }

  @Test func `is refused where its text is cut off or changed`() throws {
    let text = try CanonicalJSON.encode(manifest())
    for count in stride(from: 0, to: text.count, by: 7) {
      let error = #expect(throws: StoreError.self) { try readFile(text.prefix(count)) }
      #expect(error?.code == .corrupt)
    }
    for odd in ["[1]", "{}", "[[]]", "{\"exchanges\":[[]]}", "]", "}}", "\""] {
      let error = #expect(throws: StoreError.self) { try readFile(Data(odd.utf8)) }
      #expect(error?.code == .corrupt, "\(odd)")
    }
    let changed = String(decoding: text, as: UTF8.self).replacing("},{", with: "} x {", maxReplacements: 1)
    #expect(throws: StoreError.self) { try readFile(Data(changed.utf8)) }
  }

  @Test func `notices a record that is gone from the end`() throws {
    let whole = try manifest()
    var object = try #require(
      try JSONSerialization.jsonObject(with: CanonicalJSON.encode(whole)) as? [String: Any])
    object["exchanges"] = Array(try #require(object["exchanges"] as? [Any]).dropLast())
    let cut = try CanonicalJSON.decode(Manifest.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(cut.exchanges.count == 2)
    #expect(try cut.firstBrokenLink() == 2)
  }

  @Test func `follows from its header`() throws {
    let text = String(decoding: try CanonicalJSON.encode(manifest()), as: UTF8.self)
    let changed = text.replacing("\"seed\":7", with: "\"seed\":8")
    #expect(try CanonicalJSON.decode(Manifest.self, from: Data(changed.utf8)).firstBrokenLink() == 0)
  }
}

/// Hashes of a model that nobody has.
private let model = ModelFile.Hashes(numbers: ContentHash(of: [2]), description: ContentHash(of: [3]))
