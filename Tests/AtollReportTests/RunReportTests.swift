import AtollFederation
import AtollLearning
import AtollNumerics
import Foundation
import Testing

@testable import AtollReport

@Suite struct `A report` {
  private func page(_ record: RunRecord) -> String { RunReport(of: record).html }

  @Test func `is a function of the record`() throws {
    let record = try Fixture.ordinary()
    #expect(page(record) == page(record))
  }

  @Test func `says what came of the run before anything else`() throws {
    let page = page(try Fixture.ordinary())
    #expect(page.contains("<em>Federated:</em> <span>AUC 0.912</span>"))
    #expect(page.contains("0.004 worse</b> than pooling all data (within chance)"))
    #expect(page.contains("0.061 better</b> than the participants’ own models on average."))
    #expect(page.contains("One of two participants gains; none loses."))
    #expect(page.contains("<title>wards: federated AUC 0.912 · Atoll report</title>"))
    #expect(page.contains("23 November 2026, 14:12 UTC · simulated on one machine"))
  }

  @Test func `says what is not protected`() throws {
    let page = page(try Fixture.ordinary())
    for words in [
      "This run was simulated: all data were on one machine and nothing left it.",
      "There is no secure aggregation, and this task promises no differential privacy.",
      "No privacy guarantee", "Not protected",
      "parts of them can be computed from a single update",
    ] {
      #expect(page.contains(words), "\(words)")
    }
  }

  @Test func `a program of one's own is named, and nothing is claimed for it`() throws {
    var record = try Fixture.ordinary()
    #expect(!page(record).contains("program of their own"))
    let header = record.header
    record.header = RunHeader(
      atoll: header.atoll, task: header.task, seed: header.seed, data: header.data,
      participants: header.participants, trainer: "python3 <train>.py")
    #expect(
      page(record).contains("<code>python3 &lt;train>.py</code>")
        || page(record).contains("<code>python3 &lt;train&gt;.py</code>"))
    #expect(page(record).contains("no privacy of single records is ever claimed"))
  }

  @Test func `loads nothing, and runs no script but its own`() throws {
    let page = page(try Fixture.ordinary())
    for text in ["http:", "https:", "src=", "url(", "@import", "href="] {
      #expect(!page.contains(text), "\(text)")
    }
    #expect(page.count(of: "<script") == 1)
    let policy = try #require(page.firstMatch(of: /script-src 'sha256-([^']+)'/)?.1)
    let script = try #require(page.firstMatch(of: /(?s)<script>(.*)<\/script>/)?.1)
    // Base64 of SHA-256, by another road than the page's.
    let hash = try #require(Data(base64Encoded: String(policy)))
    #expect(
      ContentHash(of: Array(script.utf8)).hexadecimal
        == hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
    #expect(page.contains("default-src 'none'"))
  }

  @Test(arguments: [
    "\"><img src=x onerror=alert(1)>", "'onload='alert(1)", "<svg onload=alert(1)>", "&lt;b>",
  ])
  func `never obeys a name`(name: String) throws {
    let site = try #require(ParticipantID(name))
    let sites = [
      site: try #require(Fixture.twoSites["north"]), "south": try #require(Fixture.twoSites["south"]),
    ]
    let end = Fixture.finished(
      sites: sites, baselines: Fixture.bothBaselines, classes: ["</script>\(name)", name])
    var record = try Fixture.record(.finished(end), participants: [site, "south"])
    let failed = RunEvent.Failed(
      rounds: 3, reason: "</script><script>\(name)", hint: name, participant: site, time: name)
    for ending in [record.ending, .failed(failed)] {
      record.ending = ending
      let page = page(record)
      #expect(page.count(of: "<script") == 1 && page.count(of: "</script") == 1)
      #expect(!page.contains("<img") && !page.contains("<svg onload") && !page.contains("'onload"))
      #expect(page.contains("&lt;") || page.contains("&#39;"), "the name is there, as text")
    }
  }

  @Test func `of one participant and one round has no empty place for what is not there`() throws {
    let sites: [ParticipantID: [String: Evaluation]] = ["north": ["federated": Fixture.evaluation(0.9)]]
    let task = try Fixture.task(["data.participants=[north.csv]", "evaluation.baselines=[]"])
    let record = try Fixture.record(
      .finished(Fixture.finished(sites: sites, rounds: 1)), task: task, participants: ["north"], rounds: 1)
    let page = page(record)
    #expect(page.contains("The task asks for no baselines, so there is nothing to compare with."))
    #expect(page.contains("One round was evaluated: round 1"))
    #expect(!page.contains("class=\"plot standing\"") && !page.contains(">pooled "))
    // The task's own text, at the end, lists NaN among the missing values.
    let figures = try #require(page.components(separatedBy: "id=\"record\"").first)
    #expect(!figures.contains("NaN") && !figures.contains("nan") && !figures.contains("undefined"))
  }

  @Test func `of a hundred participants shows changes, not bars`() throws {
    var sites: [ParticipantID: [String: Evaluation]] = [:]
    for number in 0..<100 {
      sites[try #require(ParticipantID("site-\(number)"))] = [
        "alone": Fixture.evaluation(0.8), "federated": Fixture.evaluation(0.7 + Double(number) * 0.002),
        "pooled": Fixture.evaluation(0.9),
      ]
    }
    let end = Fixture.finished(sites: sites, baselines: Fixture.bothBaselines)
    let page = page(try Fixture.record(.finished(end), participants: sites.keys.sorted()))
    #expect(page.contains("Change of AUC from alone to federated"))
    #expect(!page.contains("class=\"plot sites"))
    #expect(page.contains("about five would be called clear"))
    #expect(page.contains("all asked are in"))
  }

  @Test func `of ten thousand rounds is thinned and small`() throws {
    let end = Fixture.finished(sites: Fixture.twoSites, baselines: Fixture.bothBaselines, rounds: 10_000)
    let record = try Fixture.record(.finished(end), rounds: 10_000)
    let clock = ContinuousClock()
    var page = ""
    let time = clock.measure { page = self.page(record) }
    #expect(page.utf8.count < 1_000_000)
    #expect(time < .seconds(5))
    #expect(page.contains("240 of 10,000 rounds, evenly"))
    #expect(page.contains("data-tip=\"round 1\n") && page.contains("data-tip=\"round 10,000\n"))
  }

  @Test func `of a run without held-out rows says that nothing is known`() throws {
    let nothing = Evaluation(rows: 0, metrics: [:], details: EvaluationDetails())
    var end = Fixture.finished(sites: [:], federated: nothing)
    end.rows.heldOut = 0
    let page = page(try Fixture.record(.finished(end), evaluates: false))
    #expect(page.contains("quality unknown"))
    #expect(page.contains("nothing is known about the quality of the model"))
    #expect(!page.contains("Confusion matrix"))
  }

  @Test func `of a run that failed says where, why, and what is kept`() throws {
    let failed = RunEvent.Failed(
      rounds: 3, reason: "training diverged", hint: "a smaller learning-rate", participant: "north",
      time: "2026-11-23T14:12:05Z")
    let page = page(try Fixture.record(.failed(failed), rounds: 3))
    #expect(page.contains("Failed</em> <span>in round 4</span>"))
    #expect(page.contains("Training diverged. It happened at north. Try a smaller learning-rate."))
    #expect(page.contains("AUC by round"), "what was learnt until then")
    #expect(!page.contains("Use the model"))
  }

  @Test func `of a run that goes on says so`() throws {
    let page = page(try Fixture.record(.none, rounds: 3))
    #expect(page.contains("Not finished") && page.contains("interrupted after round 3"))
    #expect(page.contains("3 rounds of 20 done"))
    let first = self.page(try Fixture.record(.none, rounds: 0))
    #expect(first.contains("0 rounds of 20 done"))
  }

  @Test func `of numbers shows how far predictions are off`() throws {
    var counts = [Int](repeating: 0, count: ResidualHistogram.binCount + 2)
    // 100 rows in each of the ten bins about 0, which are 10 wide.
    for bin in 252..<262 { counts[bin] = 100 }
    let details = EvaluationDetails(residuals: ResidualHistogram(width: 10, counts: counts))
    let federated = Evaluation(rows: 1000, metrics: [.rmse: 28.9, .loss: 835], details: details)
    let task = try Fixture.task(kind: "regression")
    let end = Fixture.finished(sites: [:], federated: federated, classes: [])
    let page = page(try Fixture.record(.finished(end), task: task, evaluates: false))
    #expect(page.contains("Federated:</em> <span>RMSE 28.900</span>"))
    #expect(page.contains("Half of its predictions miss by less than 25, one in ten by more than 45"))
    #expect(page.contains("ill less its prediction"))
  }

  @Test func `of many classes shows the most frequent confusions`() throws {
    var counts = [Int](repeating: 0, count: 400)
    for label in 0..<20 { counts[label * 20 + label] = 50 }
    counts[3 * 20 + 7] = 9
    counts[5 * 20 + 1] = 4
    let details = EvaluationDetails(confusion: ConfusionMatrix(classes: 20, counts: counts))
    let end = Fixture.finished(
      sites: [:], federated: Fixture.evaluation(0.9, details: details), classes: (0..<20).map { "c\($0)" })
    let page = page(try Fixture.record(.finished(end)))
    #expect(page.contains("most often it takes c3 for c7"))
    #expect(page.contains("of 20 classes the ten most frequent confusions"))
    #expect(
      page.contains(
        "<th scope=\"row\" class=\"text\">c3</th><td class=\"text\">c7</td><td>9</td><td>15\u{A0}%</td>"))
  }
}
