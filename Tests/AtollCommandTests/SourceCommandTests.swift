import Foundation
import Testing

/// `--data` of commands.
@Suite struct SourceCommandTests {
  let folder: Folder
  static let task = """
    task: classification
    name: own
    data: {participants: own, label: malignant}
    model: logistic
    federation: {rounds: 2}
    evaluation: {baselines: []}
    """

  init() throws {
    folder = try Folder()
    _ = try Program.run("new", "study", in: folder)
    try folder.write(Self.task, to: "own.yaml")
  }

  @Test func `a task without data is run on those that are named`() throws {
    try folder.write("file: study/sites/birk.csv\n", to: "birk.yaml")
    let ended = try Program.run(
      "run", "own.yaml", "--data", "ashford=study/sites/ashford.csv", "--data", "birk=birk.yaml", "--out",
      "one",
      "--json", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let replayed = try Program.run(
      "verify", "one", "--replay", "--data", "ashford=study/sites/ashford.csv", "--data", "birk=birk.yaml",
      in: folder)
    #expect(replayed.status == 0, "\(replayed.errors)")
    #expect(replayed.output.contains("the same bytes again"))
  }

  @Test func `images are rehearsed and run as the task declares them`() throws {
    let yaml = """
      task: classification
      name: scans
      data: {participants: own, shape: [2, 2, 1], classes: 3}
      model: softmax
      federation: {rounds: 2}
      evaluation: {baselines: []}
      """
    try folder.write(yaml, to: "scans.yaml")
    for name in ["a", "b"] {
      let pixels = (0..<120).map { UInt8($0 * (name == "a" ? 2 : 1)) }
      try folder.write([0, 0, 8, 3, 0, 0, 0, 30, 0, 0, 0, 2, 0, 0, 0, 2] + pixels, to: name + "/images.idx")
      try folder.write([0, 0, 8, 1, 0, 0, 0, 30] + (0..<30).map { UInt8($0 % 3) }, to: name + "/labels.idx")
    }
    let shown = try Program.run("task", "show", "scans.yaml", in: folder)
    #expect(shown.lines.first == "scans: fedavg, softmax regression (15 numbers), 2 rounds")
    let rehearsed = try Program.run("rehearse", "scans.yaml", "--data", "a", "--json", in: folder)
    #expect(rehearsed.status == 0, "\(rehearsed.errors)")
    #expect(
      try rehearsed.events().compactMap { $0["kind"] as? String } == ["train-plain", "evaluate"])
    let ended = try Program.run(
      "run", "scans.yaml", "--data", "a=a", "--data", "b=images:b/images.idx,b/labels.idx", "--out", "one",
      in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    // What contradicts the task names the file and the key.
    for (key, words) in [
      ("shape=[4, 1, 1]", "a/images.idx: its images are 2 × 2 × 1, and data.shape"),
      ("classes=2", "a/labels.idx: label 3 is 2, and by data.classes"),
    ] {
      for command in [["rehearse", "--data", "a"], ["run", "--data", "a=a", "--data", "b=b"]] {
        let refused = try Program.shell(
          "exec \"$atoll\" \(command[0]) scans.yaml \(command.dropFirst().joined(separator: " ")) --set 'data.\(key)'",
          in: folder)
        #expect(refused.status == 65, "\(refused.errors)")
        #expect(
          refused.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(words),
          "\(refused.errors)")
      }
    }
    let mapped = try Program.run("rehearse", "scans.yaml", "--data", "a", "--map", "x=y", in: folder)
    #expect(mapped.status == 64)
    let open = try Program.run("rehearse", "scans.yaml", "--data", "a", "--set", "data.shape=", in: folder)
    #expect(open.status == 65)
    #expect(open.errors.contains("data.shape"))
  }

  @Test func `what is written wrongly is a usage error`() throws {
    for wrong in ["ashford", "ashford=", "=a.csv", "a/b=c.csv"] {
      #expect(try Program.run("run", "own.yaml", "--data", wrong, in: folder).status == 64, "\(wrong)")
    }
    let twice = try Program.run("run", "own.yaml", "--data", "a=b.csv", "--data", "a=c.csv", in: folder)
    #expect(twice.status == 64)
    let unlike = try Program.run("run", "study/task.yaml", "--data", "a=study/sites/birk.csv", in: folder)
    #expect(unlike.status == 65)
    #expect(unlike.errors.contains("the task names its own data"))
    let query = try Program.run("run", "own.yaml", "--data", "a=sqlite:ward.db", in: folder)
    #expect(query.status == 65)
    #expect(query.errors.contains("sqlite:FILE?query=SQL"))
  }
}
