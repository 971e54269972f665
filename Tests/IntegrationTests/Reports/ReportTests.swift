import Foundation
import Testing

/// The page that a run leaves, and `atoll report`.
@Suite(.serialized) struct `The report of a run` {
  @Test func `is written at the end and named before what comes next`() throws {
    let folder = try Folder()
    let ended = try atoll("demo", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(folder.has("atoll-demo/run/report.html"))
    let lines = ended.output.split(separator: "\n").map(String.init)
    let report = try #require(lines.firstIndex { $0.hasPrefix("report   atoll-demo/run/report.html") })
    let next = try #require(lines.firstIndex { $0.hasPrefix("next") })
    #expect(report < next)
    let page = try folder.text("atoll-demo/run/report.html")
    #expect(page.contains("<em>Federated:</em>") && page.contains("Confusion matrix"))
  }

  @Test(arguments: Study.all)
  func `is the same when it is made anew`(_ study: Study) throws {
    let folder = try study.folder()
    #expect(try atoll("run", "task.yaml", "--out", "run", in: folder).status == 0)
    let first = try folder.bytes("run/report.html")
    let again = try atoll("report", "run", "--out", "again.html", "--json", in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try again.events().first?["report"] as? String == "again.html")
    #expect(try folder.bytes("again.html") == first)
    folder.remove("run/report.html")
    // Neither the data nor the model are read.
    for (name, _) in study.files { folder.remove(name) }
    folder.remove("run/model.safetensors")
    #expect(try atoll("report", "run", in: folder).status == 0)
    #expect(try folder.bytes("run/report.html") == first)
  }

  @Test func `of a run that diverged says so`() throws {
    let folder = try Study.logistic.folder()
    let ended = try atoll(
      "run", "task.yaml", "--out", "run", "--set", "training.learning-rate=1e6", "--set", "training.l2=0",
      in: folder)
    #expect(ended.status == 1)
    #expect(ended.words.contains("What happened until then is in run/report.html."))
    let page = try folder.text("run/report.html")
    #expect(page.contains("</span> Failed</em>"))
    let last = try #require(try folder.text("run/events.jsonl").split(separator: "\n").last)
    #expect(last.contains(#""event":"failed""#))
  }

  @Test func `is refused where there is no run`() throws {
    let folder = try Folder()
    let ended = try atoll("report", "runs/none", in: folder)
    #expect(ended.status == 65)
    #expect(
      ended.words.contains("runs/none: there is no run here") && ended.words.contains("No page was written."))
  }

  @Test func `hides what the task keeps private`() throws {
    let folder = try Study.logistic.folder()
    #expect(
      try atoll(
        "run", "task.yaml", "--out", "run", "--set", "evaluation.per-site=false", "--set",
        "evaluation.baselines=[local, pooled]", in: folder
      ).status == 0)
    let events = try folder.text("run/events.jsonl")
    #expect(events.contains(#""sites":{}"#) && events.contains(#""site_rows":{}"#))
    #expect(!(try folder.text("run/report.html")).contains("class=\"plot sites"))
  }

  @Test func `compares a participant that lacks a class`() throws {
    let folder = try Folder()
    func rows(_ classes: [String]) -> String {
      "x,kind\n" + (0..<30).map { "\($0 % 7),\(classes[$0 % classes.count])" }.joined(separator: "\n") + "\n"
    }
    try folder.write(rows(["cat", "dog", "owl"]), to: "a.csv")
    try folder.write(rows(["cat", "dog"]), to: "b.csv")
    try folder.write(
      """
      task: classification
      data: {participants: [a.csv, b.csv], label: kind}
      model: softmax
      federation: {rounds: 2}

      """, to: "task.yaml")
    let ended = try atoll("run", "task.yaml", "--out", "run", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(try folder.text("run/report.html").contains("owl"))
  }
}
