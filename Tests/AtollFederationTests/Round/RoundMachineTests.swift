import AtollFederation
import Testing

@Suite struct RoundMachineTests {
  static let everyone: [ParticipantID] = ["a", "b", "c", "d"]

  func machine(
    _ audience: Audience = .all, quorum: Double = 0.5, buffer: Completion.Buffer? = nil, exchange: Int = 3,
    computing: [ParticipantID: RoundMachine.Work] = [:]
  ) -> RoundMachine {
    RoundMachine(
      exchange: exchange, audience: audience,
      completion: Completion(quorum: quorum, deadline: .seconds(10), buffer: buffer),
      population: Self.everyone.reversed(), seed: 5, computing: computing)
  }

  let start = Instant.start
  func after(_ seconds: Int) -> Instant { Instant(sinceStart: .seconds(seconds)) }

  @Test func `everyone is asked, and the exchange closes with the last answer`() {
    var machine = machine()
    #expect(
      machine.handle(.opened, at: after(1))
        == [.setDeadline(after(11))] + Self.everyone.map(RoundMachine.Effect.instruct))
    for name in ["c", "a", "d"] as [ParticipantID] {
      #expect(machine.handle(.answered(name, exchange: 3), at: after(2)) == [.accept(name, exchange: 3)])
    }
    #expect(
      machine.handle(.answered("b", exchange: 3), at: after(3)) == [
        .accept("b", exchange: 3),
        .commit(Self.everyone.map { Contributor(participant: $0, exchange: 3) }),
      ])
  }

  @Test func `the deadline commits with the quorum and abandons without`() {
    var enough = machine()
    _ = enough.handle(.opened, at: start)
    for name in ["a", "b"] as [ParticipantID] { _ = enough.handle(.answered(name, exchange: 3), at: start) }
    #expect(
      enough.handle(.deadlinePassed, at: after(10))
        == [
          .commit([Contributor(participant: "a", exchange: 3), Contributor(participant: "b", exchange: 3)])
        ])
    var few = machine()
    _ = few.handle(.opened, at: start)
    _ = few.handle(.answered("a", exchange: 3), at: start)
    #expect(few.handle(.deadlinePassed, at: after(10)) == [.abandon(.tooFewAnswers(1, required: 2))])
  }

  @Test func `secret coins are asked for once enough are there, and nobody is told how many answered`() {
    var few = machine(.poisson(rate: 0.5), quorum: 0.7)
    for name in ["a", "b"] as [ParticipantID] { _ = few.handle(.left(name), at: start) }
    #expect(few.handle(.opened, at: start) == [.abandon(.tooFewReachable(2, required: 3))])
    var enough = machine(.poisson(rate: 0.5), quorum: 0.7)
    _ = enough.handle(.left("a"), at: start)
    #expect(enough.handle(.opened, at: start) == [.draw(rate: 0.5)])
    #expect(enough.handle(.opened, at: start).isEmpty)
    #expect(
      enough.handle(.drawn(["c", "a"]), at: after(1)) == [
        .setDeadline(after(11)), .instruct("a"), .instruct("c"),
      ])
    #expect(enough.handle(.drawn(["b"]), at: after(1)).isEmpty)
    #expect(enough.handle(.answered("b", exchange: 3), at: after(2)) == [.refuse("b", .notInvited)])
    // Nobody has answered: what is missing counts as zero.
    #expect(enough.handle(.deadlinePassed, at: after(11)) == [.commit([])])
  }

  @Test func `secret coins may fall on nobody`() {
    var machine = machine(.poisson(rate: 0.5))
    _ = machine.handle(.opened, at: start)
    #expect(machine.handle(.drawn([]), at: start) == [.commit([])])
  }

  @Test(arguments: [nil, Completion.Buffer(size: 3, maxStaleness: 2)])
  func `everyone's answer at once is that of each in turn`(_ buffer: Completion.Buffer?) {
    let before: [[ParticipantID: RoundMachine.Work]] = [
      [:], ["b": RoundMachine.Work(exchange: 2, age: 1)],
      ["b": RoundMachine.Work(exchange: 2), "e": RoundMachine.Work(exchange: 1, age: 2)],
    ]
    for computing in before {
      var (single, atOnce) = (
        machine(buffer: buffer, computing: computing), machine(buffer: buffer, computing: computing)
      )
      let opened = single.handle(.opened, at: start)
      #expect(atOnce.handle(.opened, at: start) == opened)
      #expect(atOnce.computing == single.computing)
      var effects: [RoundMachine.Effect] = []
      for case .instruct(let participant) in opened where !effects.contains(where: \.isCommit) {
        effects += single.handle(.answered(participant, exchange: 3), at: start)
      }
      #expect(atOnce.handle(.everyoneAnswered, at: start) == effects)
      #expect(atOnce.accepted == single.accepted)
      #expect(atOnce.computing == single.computing)
      #expect(
        atOnce.handle(.answered("a", exchange: 3), at: start)
          == single.handle(.answered("a", exchange: 3), at: start))
    }
  }

  @Test func `who has left off computing is told apart from who has not`() {
    var machine = machine(quorum: 0.25)
    _ = machine.handle(.opened, at: start)
    #expect(Set(machine.computing.keys) == Set(Self.everyone))
    _ = machine.handle(.declined("b"), at: start)
    #expect(Set(machine.computing.keys) == ["a", "c", "d"])
    #expect(
      machine.handle(.everyoneAnswered, at: start).last
        == .commit(["a", "c", "d"].map { Contributor(participant: $0, exchange: 3) }))
    #expect(machine.computing.isEmpty)
  }

  @Test func `the quorum is tested before anyone is asked`() {
    var machine = machine(quorum: 1)
    _ = machine.handle(.left("b"), at: start)
    #expect(machine.handle(.opened, at: start) == [.abandon(.tooFewReachable(3, required: 4))])
  }

  @Test func `who is back before the opening counts`() {
    var machine = machine(quorum: 1)
    _ = machine.handle(.left("b"), at: start)
    _ = machine.handle(.arrived("b"), at: start)
    #expect(machine.handle(.opened, at: start).count == 5)
  }

  @Test func `duplicate, uninvited, mistaken and late answers are refused by name`() {
    var machine = machine(.named(["a", "b"]), quorum: 1)
    _ = machine.handle(.opened, at: start)
    _ = machine.handle(.answered("a", exchange: 3), at: start)
    #expect(machine.handle(.answered("a", exchange: 3), at: start) == [.refuse("a", .duplicate)])
    #expect(machine.handle(.answered("c", exchange: 3), at: start) == [.refuse("c", .notInvited)])
    #expect(machine.handle(.answered("b", exchange: 2), at: start) == [.refuse("b", .late)])
    _ = machine.handle(.answered("b", exchange: 3), at: start)
    #expect(machine.handle(.answered("b", exchange: 3), at: start) == [.refuse("b", .late)])
  }

  @Test func `when so many decline that the quorum is out of reach, nobody waits for the deadline`() {
    var machine = machine(quorum: 1)
    _ = machine.handle(.opened, at: start)
    for name in ["a", "b", "c"] as [ParticipantID] {
      _ = machine.handle(.answered(name, exchange: 3), at: start)
    }
    #expect(machine.handle(.declined("d"), at: start) == [.abandon(.tooFewAnswers(3, required: 4))])
  }

  @Test func `a cancelled exchange is abandoned once`() {
    var machine = machine()
    _ = machine.handle(.opened, at: start)
    #expect(machine.handle(.cancelled, at: start) == [.abandon(.cancelled)])
    #expect(machine.handle(.cancelled, at: start) == [])
    #expect(machine.handle(.deadlinePassed, at: start) == [])
  }

  @Test func `a full buffer closes the exchange, and the others go on`() {
    var machine = machine(buffer: .init(size: 2, maxStaleness: 1))
    _ = machine.handle(.opened, at: start)
    _ = machine.handle(.answered("d", exchange: 3), at: start)
    let effects = machine.handle(.answered("b", exchange: 3), at: start)
    #expect(
      effects == [
        .accept("b", exchange: 3),
        .commit([Contributor(participant: "b", exchange: 3), Contributor(participant: "d", exchange: 3)]),
      ])
    #expect(machine.computing == ["a": .init(exchange: 3, age: 1), "c": .init(exchange: 3, age: 1)])
  }

  @Test func `work of earlier exchanges counts until it is stale`() {
    var machine = machine(
      buffer: .init(size: 2, maxStaleness: 1), exchange: 5,
      computing: ["a": .init(exchange: 3, age: 2), "c": .init(exchange: 4, age: 1)])
    #expect(machine.handle(.opened, at: start).dropFirst() == [.instruct("b"), .instruct("d")])
    #expect(machine.handle(.answered("a", exchange: 3), at: start) == [.refuse("a", .stale)])
    #expect(machine.handle(.answered("c", exchange: 4), at: start) == [.accept("c", exchange: 4)])
  }

  @Test func `an evaluation asks everyone, and leaves the work of asynchronous rounds as it is`() {
    let work: [ParticipantID: RoundMachine.Work] = ["a": .init(exchange: 3, age: 1)]
    var machine = machine(exchange: 4, computing: work)
    #expect(
      Array(machine.handle(.opened, at: start).dropFirst())
        == Self.everyone.map(RoundMachine.Effect.instruct))
    #expect(machine.handle(.answered("a", exchange: 3), at: start) == [.keep("a", exchange: 3)])
    for participant in Self.everyone.dropLast() {
      #expect(
        machine.handle(.answered(participant, exchange: 4), at: start) == [.accept(participant, exchange: 4)])
    }
    #expect(machine.handle(.answered("d", exchange: 4), at: start).count == 2)
    #expect(machine.accepted.count == 4)
    #expect(machine.computing == work)
  }

  @Test func `the cohort is a function of seed and exchange, of the size asked for`() {
    func cohort(_ audience: Audience, exchange: Int) -> [ParticipantID] {
      var machine = machine(audience, exchange: exchange)
      _ = machine.handle(.opened, at: start)
      return machine.cohort
    }
    #expect(cohort(.sample(fraction: 0.5), exchange: 1) == cohort(.sample(fraction: 0.5), exchange: 1))
    #expect(cohort(.sample(fraction: 0.01), exchange: 1).count == 1)
    #expect(cohort(.count(3), exchange: 1).count == 3)
    #expect(cohort(.count(9), exchange: 1) == Self.everyone)
    let drawn = Set((0..<40).map { cohort(.sample(fraction: 0.5), exchange: $0) })
    #expect(drawn.count == 6, "all pairs of four come up")
  }

  @Test(arguments: [(0.67, 4, 3), (0.1, 30, 3), (1, 7, 7), (0.01, 5, 1), (0.5, 5, 3)])
  func `a quorum is rounded up`(share: Double, cohort: Int, required: Int) {
    #expect(Completion(quorum: share).required(of: cohort) == required)
  }
}

extension RoundMachine.Effect {
  fileprivate var isCommit: Bool {
    if case .commit = self { true } else { false }
  }
}
