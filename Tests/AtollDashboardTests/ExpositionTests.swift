import AtollServer
import AtollWire
import Testing

@testable import AtollDashboard

/// The text format of Prometheus, version 0.0.4, as its specification has it.
private struct Reading {
  struct Sample: Hashable {
    var name: String
    var labels: [String: String]
  }
  struct Fault: Error { let line: Substring }

  private(set) var kinds: [String: String] = [:]
  private(set) var helped: Set<String> = []
  private(set) var samples: [Sample: Double] = [:]

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Fault(line: "the last line does not end") }
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") {
        guard words.count == 4 else { throw Fault(line: line) }
        helped.insert(String(words[2]))
      } else if line.hasPrefix("# TYPE ") {
        guard words.count == 4, ["counter", "gauge", "histogram"].contains(words[3]) else {
          throw Fault(line: line)
        }
        kinds[String(words[2])] = String(words[3])
      } else {
        try read(line)
      }
    }
  }

  private mutating func read(_ line: Substring) throws {
    var rest = line
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest.removeFirst()
      while rest.first != "}" {
        let key = rest.prefix { $0.isLetter || $0 == "_" }
        rest = rest.dropFirst(key.count)
        guard !key.isEmpty, rest.hasPrefix("=\"") else { throw Fault(line: line) }
        rest = rest.dropFirst(2)
        var value = ""
        while let letter = rest.popFirst(), letter != "\"" {
          guard letter == "\\" else {
            value.append(letter)
            continue
          }
          switch rest.popFirst() {
          case "n": value.append("\n")
          case "\\": value.append("\\")
          case "\"": value.append("\"")
          default: throw Fault(line: line)
          }
        }
        labels[String(key)] = value
        if rest.first == "," { rest.removeFirst() }
      }
      rest.removeFirst()
    }
    guard !name.isEmpty, rest.first == " ", let value = Double(rest.dropFirst()) else {
      throw Fault(line: line)
    }
    guard samples.updateValue(value, forKey: Sample(name: String(name), labels: labels)) == nil else {
      throw Fault(line: line)
    }
  }

  subscript(name: String, labels: [String: String] = [:]) -> Double? {
    samples[Sample(name: name, labels: labels)]
  }
}

struct `The figures for monitoring` {
  private func reading() throws -> Reading {
    var figures = ServerFigures()
    figures.runs = [.running: 1, .finished: 2]
    figures.rounds = [RunID("sepsis-1")!: 12]
    figures.refusals = ["late": 3, "malformed": 0]
    (figures.connected, figures.enrolled, figures.bytesUp, figures.bytesDown) = (3, 4, 617_000, 259_000)
    for seconds in [0.02, 0.3, 0.3, 7_200] { figures.exchanges.add(seconds) }
    figures.receivingSeconds = 12.25
    let process = ProcessFigures(residentBytes: 31_000_000, cpuSeconds: 1.5, startSeconds: 1_790_000_000)
    return try Reading(
      Exposition(
        figures: figures, process: process, build: BuildInfo(version: "0.\"1\\\n", wireProtocol: "1")
      ).text)
  }

  @Test func `can be read back, with help and type for each family`() throws {
    let reading = try reading()
    #expect(reading["atoll_runs", ["status": "finished"]] == 2)
    #expect(reading["atoll_run_round", ["run": "sepsis-1"]] == 12)
    #expect(reading["atoll_refusals_total", ["reason": "late"]] == 3)
    #expect(reading["atoll_refusals_total", ["reason": "malformed"]] == 0)
    #expect(reading["atoll_exchanged_bytes_total", ["direction": "in"]] == 617_000)
    #expect(reading["atoll_receiving_seconds_total"] == 12.25)
    #expect(reading["atoll_participants_connected"] == 3)
    #expect(reading["process_resident_memory_bytes"] == 31_000_000)
    #expect(reading["atoll_build_info", ["version": "0.\"1\\\n", "protocol": "1"]] == 1)
    let families = Set(
      reading.samples.keys.map { $0.name.replacing(#/_(bucket|sum|count)$/#, with: "") })
    #expect(families == Set(reading.kinds.keys))
    #expect(families == reading.helped)
  }

  @Test func `a histogram counts up to its bounds`() throws {
    let reading = try reading()
    let name = "atoll_exchange_duration_seconds"
    #expect(reading[name + "_bucket", ["le": "0.01"]] == 0)
    #expect(reading[name + "_bucket", ["le": "0.05"]] == 1)
    #expect(reading[name + "_bucket", ["le": "0.5"]] == 3)
    #expect(reading[name + "_bucket", ["le": "3600"]] == 3)
    #expect(reading[name + "_bucket", ["le": "+Inf"]] == 4)
    #expect(reading[name + "_count"] == 4)
    #expect(try abs(#require(reading[name + "_sum"]) - 7_200.62) < 1e-6)
  }
}
