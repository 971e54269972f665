import Foundation
import Testing

@testable import AtollCommand
@testable import AtollMeasurement

/// `atoll bench`, whose figures nobody can foretell, but what they are of, and that they fit each other.
@Suite(.serialized) struct BenchCommandTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  private static let names = ["peak", "read", "triad", "training", "training-all", "tables", "sum", "csv"]

  @Test func `gives every figure with its limit, one object a line`() throws {
    let ended = try Program.run("bench", "--quick", "--json", "--threads", "2", in: folder)
    #expect(ended.status == 0 && ended.errors.isEmpty)
    let events = try ended.events()
    let figures = events.filter { $0["event"] as? String == "figure" }
    #expect(figures.compactMap { $0["name"] as? String } == Self.names)
    var medians: [String: Double] = [:]
    for figure in figures {
      let name = try #require(figure["name"] as? String)
      let median = try #require(figure["figure"] as? Double)
      medians[name] = median
      #expect(try #require(figure["min"] as? Double) <= median && median > 0)
      #expect(try #require(figure["max"] as? Double) >= median)
      #expect(figure["threads"] as? Int == (name == "training-all" ? 2 : 1))
      let isDisturbed = try #require(figure["disturbed"] as? Bool)
      if let others = figure["other_cores"] as? Double {
        #expect(isDisturbed == (others > 0.15) || others == 0.15)
      }
      let isLimit = ["peak", "read", "triad"].contains(name)
      #expect((figure["limit"] == nil) == isLimit)
      if isDisturbed { #expect(figure["share"] is NSNull || isLimit) }
      guard let share = figure["share"] as? Double else { continue }
      let limitName = try #require(figure["limit"] as? String)
      let limit = try #require(medians[limitName])
      #expect(share > 0)
      // The arithmetic of one example's training, counted by hand, in thousand millions.
      if name == "training" { #expect(abs(share - median * 0.039754752 / limit) < 1e-6) }
      if name == "sum" { #expect(abs(share - median / limit) < 1e-6) }
    }
    let last = try #require(events.last)
    #expect(last["event"] as? String == "benched")
    let anyDisturbed = figures.contains { $0["disturbed"] as? Bool == true }
    #expect(last["disturbed"] as? Bool == anyDisturbed)
    #expect(events.contains { $0["event"] as? String == "warning" } == anyDisturbed)
    #expect(folder.names.isEmpty, "it writes no file")
  }

  @Test func `says in words what the figures mean`() throws {
    let ended = try Program.run(
      "bench", "--quick", "--threads", "2", in: folder, environment: ["LANG": "C", "LC_ALL": "C"])
    #expect(ended.status == 0)
    for title in ["multiply and add", "reading memory", "a small CNN", "small tables", "exactly", "CSV"] {
      #expect(ended.output.contains(title), "\(title)")
      #expect(ended.errors.contains("measuring: ") && ended.errors.contains(title), "progress: \(title)")
    }
    for line in ended.lines { #expect(line.count <= 80, "\(line)") }
    #expect(!ended.output.contains("\u{1B}"))
    #expect(ended.output.utf8.allSatisfy { $0 < 0x80 })
    if !ended.errors.contains("warning:") {
      #expect(ended.output.contains("of what one core can multiply and add."))
    }
  }

  @Test func `concludes nothing from what something else disturbed`() {
    func report(training others: Double?) -> BenchReport {
      BenchReport(figures: [
        BenchFigure(
          subject: .peak, title: "multiply and add", threads: 1, rate: Spread(of: [100]), unit: "GFLOP/s",
          otherCores: 0.02),
        BenchFigure(
          subject: .training, title: "a small CNN", threads: 1, rate: Spread(of: [1000]), unit: "samples/s",
          share: (.peak, 0.72), otherCores: others),
      ])
    }
    for calm in [report(training: 0.15), report(training: nil)] {
      #expect(calm.warning == nil)
      #expect(calm.sentences == ["Training uses 72\u{A0}% of what one core can multiply and add."])
    }
    let disturbed = report(training: 0.98)
    #expect(disturbed.sentences.isEmpty)
    #expect(
      disturbed.warning?.hasPrefix(
        "other programs kept up to 1 core busy while this was measured: a small CNN.") == true)
  }

  @Test func `quiet leaves the result alone`() throws {
    let ended = try Program.run("bench", "--quick", "--quiet", "--threads", "1", in: folder)
    #expect(ended.status == 0 && !ended.errors.contains("measuring") && ended.output.contains("GFLOP/s"))
  }
}

@Suite struct DisturbanceTests {
  @Test func `all that is not idle is busy`() {
    let text = "cpu  100 20 30 5000 600 7 8 9 50 4\ncpu0 1 2 3 4\n"
    #expect(Disturbance.busyTicks(in: text) == 100 + 20 + 30 + 7 + 8 + 9)
    #expect(Disturbance.busyTicks(in: "cpu 1 2 3 4") == 6)
    for odd in ["", "intr 5", "cpu 1 2 3", "cpu0 1 2 3 4"] { #expect(Disturbance.busyTicks(in: odd) == nil) }
  }

  @Test func `others are what is not one's own`() {
    #expect(Disturbance.otherCores(all: 3, own: 1, passed: 2, threads: 1) == 1)
    #expect(Disturbance.otherCores(all: 1, own: 1.01, passed: 2, threads: 1) == 0)
    #expect(Disturbance.otherCores(all: nil, own: 1.5, passed: 2, threads: 1) == 0.25)
    #expect(Disturbance.otherCores(all: nil, own: 1.5, passed: 2, threads: nil) == nil)
  }
}
