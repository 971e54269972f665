import AtollReport
import AtollServer
import AtollWire
import Testing

@testable import AtollDashboard

struct `The pages` {
  private static let hostile = "<script>alert('x')</script>\"&"
  private static let harmless = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"

  @Test func `show names from outside as text`() {
    let rows = [
      ParticipantRow(name: Self.hostile, isConnected: true, seen: 1, software: Self.hostile, notAfter: 1)
    ]
    let log = AuditPage(
      lines: [
        AuditPage.Line(number: 1, time: 1, actor: Self.hostile, action: Self.hostile, subject: Self.hostile)
      ], next: nil, firstBroken: nil)
    let pages = [
      ParticipantsPage(rows: rows, now: 1).page, AuditLogPage(log: log).page,
      MessagePage.open(link: Self.hostile).page,
    ]
    for page in pages {
      let markup = Frame(page: page, viewer: Self.hostile, time: "").html.markup
      #expect(!markup.contains("<script>alert"))
      #expect(markup.contains(Self.harmless))
    }
  }

  @Test func `say why nothing is here, and what changes that`() {
    let runs = Sample.page(RunsPage(rows: [], enrolled: 1, connected: 0).page)
    #expect(runs.contains("No runs yet") && runs.contains("atoll submit task.yaml"))
    let nobody = Sample.page(RunsPage(rows: [], enrolled: 0, connected: 0).page)
    #expect(nobody.contains("Nobody is enrolled yet") && nobody.contains("atoll invite NAME"))
    let participants = Sample.page(ParticipantsPage(rows: [], now: 0).page)
    #expect(participants.contains("Nobody is enrolled yet") && participants.contains("atoll invite NAME"))
  }

  @Test func `have landmarks, one h1 and the place in the navigation`() {
    for page in [
      RunsPage(rows: [Sample.row(wait: Sample.lateWait)], enrolled: 4, connected: 3).page,
      ParticipantsPage(rows: [], now: 0).page,
      AuditLogPage(log: AuditPage(lines: [], next: nil, firstBroken: nil)).page,
    ] {
      let markup = Sample.page(page)
      #expect(markup.split(separator: "<h1").count == 2)
      #expect(markup.contains("<main id=\"main\">") && markup.contains("<nav aria-label=\"Pages\">"))
      #expect(markup.contains("aria-current=\"page\""))
    }
  }

  @Test func `count refusals by name`() {
    #expect(Refusals.words([:]) == "0")
    #expect(Refusals.words(["late": 1, "out-of-range": 3, "stale": 0]) == "3 out of range, 1 late")
  }

  @Test func `say where the audit log was changed`() {
    let log = AuditPage(lines: [], next: nil, firstBroken: 7)
    #expect(Sample.page(AuditLogPage(log: log).page).contains("Entry 7 does not follow from the one before"))
  }

  @Test func `tell only what is new`() {
    var stream = LiveStream()
    let part = Part(id: "a", attributes: "", content: "<b>one\ntwo</b>")
    let first = stream.news(of: [part], time: "t")
    #expect(first == "event: time\ndata: t\n\nevent: part\ndata: a\ndata: <b>one\ndata: two</b>\n\n")
    let same = stream.news(of: [part], time: "u")
    #expect(same == "event: time\ndata: u\n\n")
    let changed = stream.news(of: [Part(id: "a", attributes: "", content: "<b>three</b>")], time: "v")
    #expect(changed.hasSuffix("data: a\ndata: <b>three</b>\n\n"))
  }

  @Test func `let ten tries to sign in through in a minute, from each address`() {
    var gate = SignInGate()
    let start = ContinuousClock.now
    let tries = (0..<11).map { _ in gate.admits("a", at: start) }
    #expect(tries == Array(repeating: true, count: 10) + [false])
    let (other, later) = (gate.admits("b", at: start), gate.admits("a", at: start + .seconds(61)))
    #expect(other && later)
  }
}
