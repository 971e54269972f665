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
