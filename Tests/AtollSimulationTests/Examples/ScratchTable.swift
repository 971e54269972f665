import AtollFederation
import AtollLearning
import Foundation
import Testing

@Suite struct ScratchTable {
  @Test func `scratch table`() throws {
    var out = ""
    func row(_ label: String, _ runs: Int, _ file: String, _ o: [String]) throws {
      let example = try Example("heart-disease", file: file, o)
      var a: [Double] = [], b: [Double] = []
      for _ in 0..<runs {
        let e = try #require(try example.learn().evaluation)
        a.append(Evaluation.mean(of: e.sites.sorted { $0.key < $1.key }.map(\.value))[.accuracy] ?? .nan)
        b.append(e.pooled[.accuracy] ?? .nan)
      }
      func s(_ v: [Double]) -> String {
        let m = v.reduce(0, +) / Double(v.count)
        let d = v.count > 1 ? (v.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(v.count - 1)).squareRoot() : 0
        return "\(m) ± \(d) min \(v.min() ?? 0)"
      }
      out += "\(label) z \(example.task.privacy?.noiseMultiplier ?? 0): \(s(a)) | \(s(b))\n"
      try out.write(toFile: "/work/h/scratch/examples/table.txt", atomically: true, encoding: .utf8)
    }
    for e in ["0.1", "0.3", "1", "3", "10"] { try row(e, 20, "private", ["privacy.epsilon=\(e)"]) }
    try row("none", 1, "private", ["privacy=", "training.batch-size=full"])
    for c in ["0.1", "0.3", "1"] {
      try row("participant 10 clip \(c)", 20, "private", ["privacy={unit: participant, epsilon: 10, delta: 0.001, exact: [evaluation]}", "protection.clip=\(c)", "training.batch-size=full"])
    }
    try row("participant 1 clip .3", 20, "private", ["privacy={unit: participant, epsilon: 1, delta: 0.001, exact: [evaluation]}", "protection.clip=0.3", "training.batch-size=full"])
  }
}
