import AtollPrivacy
import Foundation
import Testing

@Suite struct `Participation` {
  @Test func `is once in each epoch`() throws {
    var book = try ParticipationBook<String>(TreeAggregation(steps: [2, 1], epochs: 2).participation)
    try book.admit(["a", "b"], to: 0)
    for round in 0...2 { #expect(book.eligible(["a", "b", "c"], in: round) == ["c"]) }
    #expect(book.eligible(["a", "b", "c"], in: 3) == ["a", "b", "c"])
    try book.admit(["a"], to: 5)
    #expect(throws: PrivacyError.self) { try book.admit(["a"], to: 5) }
    // Rounds do not run backwards, and there is no third epoch.
    #expect(throws: PrivacyError.self) { try book.admit(["a"], to: 3) }
    let error = #expect(throws: PrivacyError.self) { try book.admit(["c"], to: 6) }
    #expect(error?.code == .exhausted)
    #expect(book.times("a") == 2 && book.times("b") == 1 && book.times("c") == 0)
  }

  @Test func `is so often, so far apart`() throws {
    let matrix = try BandedMatrix(rounds: 100, bands: 3, separation: 4, participations: 2)
    var book = try ParticipationBook<String>(matrix.participation)
    try book.admit(["a"], to: 10)
    for round in [0, 9, 10, 11, 13] {
      #expect(throws: PrivacyError.self) { try book.admit(["a"], to: round) }
    }
    try book.admit(["a"], to: 14)
    let error = #expect(throws: PrivacyError.self) { try book.admit(["a"], to: 90) }
    #expect(
      error?.message == "a may not take part in round 90: it took part 2 times, which is as often as allowed")
  }

  @Test func `of a cohort is written down as a whole or not at all`() throws {
    var book = try ParticipationBook<Int>(.separated(by: 2, times: 3))
    try book.admit([1], to: 0)
    let before = book
    for cohort in [[2, 3, 1], [2, 2]] {
      #expect(throws: PrivacyError.self) { try book.admit(cohort, to: 1) }
      #expect(book == before)
    }
    #expect(throws: PrivacyError.self) { try book.admit([5], to: -1) }
  }

  @Test func `has a file form: the same bytes for the same book, and checked`() throws {
    var (one, other) = (
      try ParticipationBook<String>(.separated(by: 1, times: 3)),
      try ParticipationBook<String>(.separated(by: 1, times: 3))
    )
    let names = (0..<50).map { "p\($0)" }
    try one.admit(names, to: 4)
    try other.admit(names.reversed(), to: 4)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let bytes = try encoder.encode(one)
    #expect(try bytes == encoder.encode(other))
    #expect(try JSONDecoder().decode(ParticipationBook<String>.self, from: bytes) == one)
    let text = String(decoding: bytes, as: UTF8.self)
    for wrong in [
      text.replacing(#""p7""#, with: #""p8""#), text.replacing(#""times":1"#, with: #""times":0"#),
      text.replacing(#""last":4"#, with: #""last":-4"#), text.replacing(#""by":1"#, with: #""by":0"#),
    ] {
      #expect(wrong != text)
      #expect(throws: PrivacyError.self) {
        try JSONDecoder().decode(ParticipationBook<String>.self, from: Data(wrong.utf8))
      }
    }
  }
}
