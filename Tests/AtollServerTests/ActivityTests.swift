import AtollFederation
import AtollWire
import Testing

@testable import AtollServer

struct `What is seen of a server while it runs` {
  private let activity = ServerActivity()
  private let names = FourHospitals.names
  private let run = RunID("tumours-1")!

  private func waiting(exchange: Int?, for awaited: [ParticipantID], answers: Int? = nil) -> Waiting {
    Waiting(
      round: 1, rounds: 3, purpose: "training", awaited: awaited, answers: answers.map { ($0, 4) },
      deadline: .now + .seconds(60), exchange: exchange, cohort: names,
      answered: names.filter { !awaited.contains($0) })
  }

  private var told: [String] { activity.events.map(\.name) }

  @Test func `who has come by another connection has not left when the older one ends`() {
    activity.joined(names[0], software: "atoll 1")
    activity.left(names[0], isConnected: true)
    #expect(activity.presence[names[0]]?.isConnected == true)
    #expect(told == ["joined"])
    activity.left(names[0], isConnected: false)
    #expect(activity.presence[names[0]]?.isConnected == false)
    #expect(told == ["joined", "left"])
  }

  @Test func `what is known from before does not hide what is seen now`() {
    activity.joined(names[0], software: "atoll 2")
    activity.remember([
      names[0]: ServerActivity.Presence(seen: 1, software: "atoll 1", isConnected: false),
      names[1]: ServerActivity.Presence(seen: 1, software: "atoll 1", isConnected: false),
    ])
    #expect(activity.presence[names[0]]?.software == "atoll 2")
    #expect(activity.presence[names[1]]?.seen == 1)
    #expect(Set(activity.changedPresence().keys) == [names[0]])
    #expect(activity.changedPresence().isEmpty)
  }

  @Test func `a name of a program from outside is shortened`() {
    activity.joined(names[0], software: String(repeating: "x", count: 10_000))
    #expect(activity.presence[names[0]]?.software.count == 64)
  }

  @Test func `an exchange lasts until the next, or until the run is over`() {
    activity.shows(run, waiting(exchange: nil, for: names))
    #expect(activity.counts.exchanges.count == 0)
    for answers in 0..<4 { activity.shows(run, waiting(exchange: 0, for: [], answers: answers)) }
    #expect(activity.counts.exchanges.count == 0)
    activity.shows(run, waiting(exchange: 1, for: [], answers: 0))
    #expect(activity.counts.exchanges.count == 1)
    activity.over(run)
    #expect(activity.counts.exchanges.count == 2)
    #expect(activity.waiting(of: run) == nil)
  }

  @Test func `a wait for who must join is told when others are waited for, and at no answer`() {
    activity.shows(run, waiting(exchange: nil, for: names))
    activity.shows(run, waiting(exchange: nil, for: names))
    activity.shows(run, waiting(exchange: nil, for: [names[3]]))
    activity.shows(run, waiting(exchange: 0, for: names, answers: 0))
    activity.shows(run, waiting(exchange: 0, for: [names[2]], answers: 3))
    #expect(told == ["waiting", "waiting"])
    #expect(activity.version == 5)
  }

  @Test func `keeps the latest events, and gives those after a number`() {
    for _ in 0..<ServerActivity.limit + 10 { activity.refused(names[0], .late, in: run) }
    #expect(activity.events.count == ServerActivity.limit)
    #expect(activity.events.first?.number == 11)
    #expect(activity.events(after: ServerActivity.limit + 8).map(\.number) == [509, 510])
    #expect(activity.events(after: 0).count == ServerActivity.limit)
    #expect(activity.events(after: 510).isEmpty)
  }

  @Test func `ticks when something changes, until nobody listens`() async {
    var ticks = activity.changes().makeAsyncIterator()
    activity.refused(names[0], .late, in: run)
    activity.refused(names[0], .late, in: run)
    // Two changes that nobody has heard of are one tick.
    #expect(await ticks.next() != nil)
    #expect(activity.version == 2)
  }
}
