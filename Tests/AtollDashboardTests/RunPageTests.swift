import AtollFederation
import AtollLearning
import AtollWire
import Testing

@testable import AtollDashboard
@testable import AtollServer

struct `The page of a run` {
  private func page(_ row: RunRow, rounds: Int = 3) throws -> String {
    Sample.page(RunPage(detail: try Sample.detail(row, rounds: rounds), others: [row], now: Sample.now).page)
  }

  @Test func `says for whom it waits, until when, and how many are in`() throws {
    let page = try page(Sample.row(wait: Sample.lateWait))
    #expect(page.contains("Waiting for st-olav, 41\u{A0}s left, 3 of 4 in"))
    #expect(page.contains("Round 4 of 20"))
    #expect(page.contains("<tr class=\"late\"><th scope=\"row\" class=\"text wrap\">st-olav"))
  }

  @Test func `speaks without the seconds, so that it speaks only when someone else is waited for`() throws {
    let page = try page(Sample.row(wait: Sample.lateWait))
    #expect(page.contains("aria-live=\"polite\">Round 4 of 20. Waiting for st-olav, 3 of 4 in</p>"))
  }

  @Test func `tells each state in words and by a shape of its own`() throws {
    let expected: [(RunStatus, String, String)] = [
      (.running, "Round 4 of 20", "sign half"), (.finished, "Finished: AUC 0.874", "sign full"),
      (.failed, "Failed after round 3", "sign cross"),
      (.cancelled, "Cancelled after 3 rounds", "sign square"),
    ]
    for (status, words, sign) in expected {
      let page = try page(Sample.row(status, reason: status == .failed ? "2 of 4 in, 3 are needed" : ""))
      #expect(page.contains(words), "\(status)")
      #expect(page.contains(sign), "\(status)")
    }
    #expect(
      try page(Sample.row(.failed, reason: "two of four")).contains("<p class=\"wait bad\">Two of four"))
  }

  @Test func `counts who is here while nobody can be asked yet`() throws {
    let wait = RunWait(
      round: 1, purpose: "preparing", awaited: [Sample.names[3]], asked: nil, secondsLeft: 41)
    var detail = try Sample.detail(Sample.row(round: 0, wait: wait), rounds: 0)
    detail.sites[3].isConnected = false
    let page = Sample.page(RunPage(detail: detail, others: [], now: Sample.now).page)
    #expect(page.contains("Waiting for st-olav to join, 41\u{A0}s left"))
    #expect(page.contains("<title id=\"cohort-title\">3 of 4 here</title>"))
    #expect(page.contains("marien here, st-olav away"))
  }

  @Test func `shows figures by participant where they were let out, and nothing where not`() throws {
    var detail = try Sample.detail(Sample.row())
    #expect(!Sample.page(RunPage(detail: detail, others: [], now: 0).page).contains("data-is=\"AUC\""))
    detail.sites[0].evaluation = Evaluation(rows: 10, metrics: [.auc: 0.625])
    let page = Sample.page(RunPage(detail: detail, others: [], now: 0).page)
    #expect(page.contains("<td data-is=\"AUC\">0.625</td>") && page.contains("<td data-is=\"AUC\">–</td>"))
  }

  @Test func `leaves out who comes and goes after the end`() throws {
    let ended = ServerEvent.What.ended(.finished, reason: "")
    let events = [(3, ServerEvent.What.left), (2, ended), (1, .joined(software: "atoll 1"))].map {
      number, what in
      ServerEvent(
        number: number, time: Sample.now, what: what, run: what == ended ? Sample.row().id : nil,
        participant: what == ended ? nil : Sample.names[0])
    }
    let over = try Sample.detail(Sample.row(.finished), events: events)
    let page = Sample.page(RunPage(detail: over, others: [], now: 0).page)
    #expect(page.contains("harbour joined with atoll 1") && page.contains("run finished"))
    #expect(!page.contains("harbour left"))
  }

  @Test func `before the first round says what will come`() throws {
    let page = try page(Sample.row(round: 0), rounds: 0)
    #expect(page.contains("The first figure comes with the first round that is evaluated."))
    #expect(page.contains("Nothing yet."))
  }

  @Test func `draws its charts without a style of its own, which the policy forbids`() throws {
    let page = try page(Sample.row(wait: Sample.lateWait))
    #expect(page.contains("class=\"plot "))
    #expect(!page.contains("style=\""))
    #expect(!page.contains("<script>"))
    #expect(!page.contains("onclick"))
  }

  @Test func `a hundred participants are one arc, and a wait of many names is short`() throws {
    let many = (0..<100).map { ParticipantID("site-\($0)")! }
    var row = Sample.row()
    row.participants = many
    row.wait = RunWait(
      round: 1, purpose: "training", awaited: Array(many[40...]),
      asked: RunWait.Asked(cohort: many, answered: Array(many[..<40])), secondsLeft: 9)
    let page = try page(row)
    #expect(page.contains("40 of 100"))
    #expect(page.contains("site-40, site-41, site-42 and 57 more"))
    #expect(page.components(separatedBy: "class=\"rest\"").count == 2)
  }
}

extension String {
  fileprivate func components(separatedBy mark: String) -> [Substring] { split(separator: mark) }
}
