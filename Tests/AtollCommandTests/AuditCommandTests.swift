import Foundation
import Testing

@Suite struct AuditCommandTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    _ = try Program.run("new", "study", in: folder)
  }

  private func audit(_ arguments: String) throws -> Ended {
    try Program.shell(
      "$atoll privacy audit study/task.yaml --set federation.rounds=5 --shadows 2 --trials 10 --runs 1 \(arguments)",
      in: folder, environment: ["COLUMNS": "400"])
  }

  @Test func `a task without privacy is told what it gives away`() throws {
    let ended = try audit("")
    #expect(ended.status == 0, "\(ended.errors)")
    let labels = ended.lines.map { $0.prefix { $0 != " " } }.filter { !$0.isEmpty }
    #expect(labels.prefix(4) == ["promise", "canaries", "membership", "inversion"])
    // As long lines, whatever the width.
    let said = ended.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(said.hasPrefix("promise none promised canaries ε ≥ "))
    #expect(!said.contains("ε ≥ 0"))
    #expect(said.contains("10 of 10 rows read off") && said.contains("above chance"))
    #expect(said.contains("Nothing is promised"))
  }

  @Test func `a promise is told beside the bound, as JSON too`() throws {
    let ended = try audit(
      "--json --set 'privacy={unit: record, epsilon: 1, exact: [evaluation, preprocessing]}' --set training.batch-size="
    )
    #expect(ended.status == 0, "\(ended.errors)\(ended.output)")
    let events = try ended.events()
    let told = events.compactMap { $0["event"] as? String }.filter { $0 != "warning" }
    #expect(told == ["canaries", "membership", "inversion", "audit"])
    let audit = try #require(events.last)
    #expect(audit["holds"] as? Bool == true)
    let promised = try #require((audit["promised"] as? [String: Any])?["epsilon"] as? Double)
    let bound = try #require(audit["epsilon_lower"] as? Double)
    #expect(promised <= 1 && promised > 0.9 && bound <= promised)
    let inversion = try #require(events.first { $0["event"] as? String == "inversion" })
    #expect(inversion["recovered"] as? Int == 0 && inversion["trials"] as? Int == 10)
  }

  @Test func `what makes no sense is refused in words`() throws {
    #expect(try audit("--confidence 1").status == 64)
    #expect(try audit("--runs 0").errors.contains("--runs lies between 1 and 10,000"))
    let missing = try Program.run("privacy", "audit", "nowhere.yaml", in: folder)
    #expect(missing.status == 65 && missing.errors.contains("nowhere.yaml"))
    let twice = try audit(
      "--delta 0.1 --set 'privacy={unit: record, epsilon: 1, exact: [evaluation, preprocessing]}' --set training.batch-size="
    )
    #expect(twice.status == 64 && twice.errors.contains("--delta is for tasks that promise none"))
  }
}
