import AtollFederation
import Testing

@Suite struct RosterTests {
  @Test func `participants are ordered by the bytes of their names`() throws {
    let names = [
      "b", "a", "ab", "B", "é", "z", "participant-with-a-long-name-1", "東",
      "participant-with-a-long-name",
    ]
    let ids = try names.map { try #require(ParticipantID($0)) }
    let expected = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(Roster(ids).participants.map(\.name) == expected)
    for left in ids {
      for right in ids {
        #expect((left < right) == left.name.utf8.lexicographicallyPrecedes(right.name.utf8))
      }
    }
  }

  @Test func `strangers are not in it`() {
    let roster = Roster(["b", "a"])
    #expect(roster.count == 2 && roster.contains("a") && !roster.contains("c"))
  }

  @Test func `a stranger who is asked by name is out of reach`() {
    var machine = RoundMachine(
      exchange: 0, audience: .named(["a", "stranger"]), completion: Completion(quorum: 1),
      population: Roster(["a", "b"]), seed: 1)
    #expect(machine.handle(.opened, at: .start) == [.abandon(.tooFewReachable(1, required: 2))])
  }
}
