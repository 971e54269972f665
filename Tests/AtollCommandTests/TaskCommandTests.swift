import Foundation
import Testing

@Suite struct TaskCommandTests {
  let folder: Folder
  static let task = """
    task: classification
    name: tumours
    data:
      participants: [a.csv, b.csv]
      label: malignant
    model: logistic
    """

  init() throws {
    folder = try Folder()
    try folder.write(Self.task, to: "task.yaml")
  }

  @Test func `a valid task is called valid, with its hash`() throws {
    let ended = try Program.run("task", "check", "task.yaml", in: folder)
    #expect(ended.status == 0)
    #expect(ended.lines.first == "task.yaml is valid.")
    #expect(ended.lines.contains { $0.hasPrefix("task   sha256:") && $0.count == 7 + 7 + 64 })
    #expect(ended.lines.last == "next   atoll task show task.yaml")
    #expect(
      ended.errors
        == "warning: a.csv, which the task names, is not here\nwarning: b.csv, which the task names, is not here\n"
    )
  }

  @Test func `the hash of --json is the one that is shown, and does not hang on the folder`() throws {
    try folder.write(Self.task, to: "elsewhere/task.yaml")
    let shown = try Program.run("task", "check", "task.yaml", in: folder)
    var hashes: Set<String> = []
    for path in ["task.yaml", "elsewhere/task.yaml"] {
      let ended = try Program.run("task", "check", path, "--json", in: folder)
      #expect(ended.status == 0)
      let checked = try #require(try ended.events().last { $0["event"] as? String == "checked" })
      hashes.insert(try #require(checked["task_sha256"] as? String))
    }
    #expect(hashes.count == 1)
    #expect(shown.output.contains("sha256:" + (hashes.first ?? "none")))
  }

  @Test func `an unknown key is told with its place and the nearest one`() throws {
    try folder.write(Self.task + "\ntraining:\n  local-epoch: 2\n", to: "task.yaml")
    let ended = try Program.run("task", "check", "task.yaml", in: folder)
    #expect(ended.status == 65)
    #expect(ended.output.isEmpty)
    #expect(
      ended.errors == """
        error: task.yaml:8:3: unknown key “local-epoch” under training
                8 |   local-epoch: 2
                  |   ^^^^^^^^^^^ did you mean local-epochs?
               Nothing was run.
        try    atoll task schema | less        all keys, with their defaults

        """)
  }

  @Test func `all faults are told at once, and as one event`() throws {
    try folder.write(Self.task + "\nmodle: 1\ntraining: {batch-size: -1}\nmodel: svm\n", to: "task.yaml")
    let ended = try Program.run("task", "check", "task.yaml", "--json", in: folder)
    #expect(ended.status == 65)
    let events = try ended.events()
    #expect(events.count == 1)
    #expect(events[0]["event"] as? String == "error")
    #expect(events[0]["code"] as? Int == 65)
    #expect(events[0]["file"] as? String == "task.yaml")
    let problems = try #require(events[0]["problems"] as? [[String: Any]])
    #expect(!problems.isEmpty)
    #expect(problems.allSatisfy { $0["line"] is Int && $0["column"] is Int && $0["message"] is String })
  }

  @Test(arguments: [
    ("task: classification\nmodel: logistic\nmodel: svm\n", "task.yaml:3:1: "),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
    ("task: [\n", "task.yaml:"),
    ("", "empty"),
    ("\u{FEFF}task: classification\n", "data"),
  ])
  func `a malformed task exits with 65`(_ text: String, _ words: String) throws {
    try folder.write(text, to: "task.yaml")
    for command in ["check", "show"] {
      let ended = try Program.run("task", command, "task.yaml", in: folder, deadline: 10)
      #expect(ended.status == 65)
      #expect(ended.errors.hasPrefix("error: task.yaml"))
      #expect(ended.errors.contains(words))
    }
  }

  @Test func `a bomb of aliases is refused at once`() throws {
    let bomb = (1...20).map {
      "k\($0): &a\($0) [\([String](repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]"
    }
    try folder.write("k0: &a0 [x]\n" + bomb.joined(separator: "\n"), to: "task.yaml")
    let ended = try Program.run("task", "check", "task.yaml", in: folder, deadline: 10)
    #expect(ended.status == 65)
    #expect(ended.errors.contains("alias") || ended.errors.contains("anchor"))
  }

  @Test func `a missing task exits with 65, a folder too`() throws {
    for path in ["no.yaml", "."] {
      let ended = try Program.run("task", "check", path, in: folder)
      #expect(ended.status == 65)
      #expect(ended.errors.hasPrefix("error: \(path): "))
      #expect(ended.errors.contains("Nothing was run."))
    }
  }

  @Test func `a fault of --set names the flag`() throws {
    let ended = try Program.run("task", "check", "task.yaml", "--set", "federation.round=3", in: folder)
    #expect(ended.status == 65)
    #expect(ended.errors.contains("--set federation.round=3"))
    #expect(ended.errors.contains("rounds"))
  }

  @Test func `show says what leaves, what is seen and what is not protected, within 80 columns`() throws {
    let ended = try Program.run("task", "show", "task.yaml", in: folder)
    #expect(ended.status == 0)
    #expect(ended.lines.first == "tumours: fedavg, logistic regression, 20 rounds")
    for heading in ["What leaves a participant", "What the server sees", "Guarantee", "Not protected"] {
      #expect(ended.lines.contains(heading))
    }
    for line in ended.lines { #expect(line.count <= 80, "\(line)") }
    #expect(ended.lines.last == "next   atoll run task.yaml")
  }

  @Test func `diff tells keys, and nothing for defaults that are spelled out`() throws {
    try folder.write(Self.task + "\nfederation: {rounds: 20}\n", to: "same.yaml")
    try folder.write(Self.task + "\nfederation: {rounds: 50}\ntraining: {batch-size: 64}\n", to: "other.yaml")
    let same = try Program.run("task", "diff", "task.yaml", "same.yaml", in: folder)
    #expect(same.status == 0)
    #expect(same.output.hasPrefix("The tasks are the same"))
    let other = try Program.run("task", "diff", "task.yaml", "other.yaml", in: folder)
    #expect(other.status == 0)
    #expect(other.lines.first == "2 keys differ:")
    #expect(other.output.contains("federation.rounds"))
    #expect(other.output.contains("training.batch-size"))
    let events = try Program.run("task", "diff", "task.yaml", "other.yaml", "--json", in: folder).events()
    #expect(
      events.compactMap { $0["path"] as? String }.sorted() == ["federation.rounds", "training.batch-size"])
    #expect(events.last?["differences"] as? Int == 2)
  }

  @Test func `schema lists every section, and is a JSON Schema on one line`() throws {
    let listing = try Program.run("task", "schema", in: folder)
    #expect(listing.status == 0)
    for key in ["task ", "data ", "model ", "training ", "federation ", "evaluation "] {
      #expect(listing.lines.contains { $0.hasPrefix(key) })
    }
    for line in listing.lines { #expect(line.count <= 80, "\(line)") }
    let json = try Program.run("task", "schema", "--json", in: folder)
    let events = try json.events()
    #expect(events.count == 1)
    #expect((events.first?["properties"] as? [String: Any])?["training"] != nil)
  }
}
