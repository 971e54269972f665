import AtollFederation
import AtollNumerics
import FoundationEssentials
import Testing

@Suite struct ExchangeRecordTests {
  private static let hash = ContentHash(of: [UInt8]("before".utf8))

  private func record(
    _ names: [String], query: String = "train-plain", round: RoundReport? = nil
  ) throws -> ExchangeRecord {
    ExchangeRecord(
      exchange: 41, query: query,
      contributors: try names.enumerated().map {
        Contributor(participant: try #require(ParticipantID($1)), exchange: 40 + $0 % 2)
      },
      program: ContentHash(of: [UInt8]("program".utf8)), round: round, previous: Self.hash)
  }

  /// The chain of hashes rests on these bytes.
  @Test(arguments: [
    [], ["a"], ["st-olav", "köln", "東京", "a\"b", "with blanks", "👩‍⚕️", "e\u{301}", "\u{FEFF}x", "'<&>'"],
  ])
  func `writes itself as the general encoder does`(names: [String]) throws {
    let report = RoundReport(round: 3, participants: names.count, cohort: 9, bytesUp: 1 << 40, bytesDown: 7)
    for round in [nil, report] {
      let record = try record(names, query: "q\"/ü", round: round)
      #expect(Data(try record.canonicalJSON) == (try CanonicalJSON.encode(record)))
      let read = try CanonicalJSON.decode(ExchangeRecord.self, from: Data(record.canonicalJSON))
      #expect(read == record)
    }
  }

  @Test func `a store that keeps no records has the last checkpoint all the same`() throws {
    for keepsRecords in [true, false] {
      let store = MemoryRunStore(keepsRecords: keepsRecords)
      let record = try record(["a"])
      store.commit(Checkpoint(record: record, program: Data(), kind: "k"), keeping: [])
      #expect(store.records().count == (keepsRecords ? 1 : 0))
      #expect(store.checkpoint()?.record == record)
    }
  }
}
