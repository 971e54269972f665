import Testing

/// What is wrong with a task, or with the command that runs it.
@Suite struct `A task` {
  static let faults = [
    Fault("that is missing", "task.yaml", nil, says: "task.yaml", "there is no such file"),
    Fault("with an unknown key", task: "rounds: 2", "round: 2", says: "task.yaml:10:14", "rounds"),
    Fault(
      "with a key twice", task: "model: logistic", "model: logistic\nmodel: linear", says: "task.yaml:9:1"),
    Fault(
      "with aliases", task: "model: logistic", "model: &a {kind: mlp, hidden: [2]}", says: "task.yaml:"),
    Fault(
      "whose sums could overflow by their bits", task: "rounds: 2",
      "rounds: 2}\nprotection: {fraction-bits: 44",
      says: "task.yaml:", "overflow"),
    Fault(
      "whose sums could overflow by their range", task: "rounds: 2", "rounds: 2}\nprotection: {range: 1.0e+9",
      says: "task.yaml:", "overflow"),
    Fault(
      "whose sums could overflow by their weights", task: "rounds: 2",
      "rounds: 2}\nprotection: {weight-cap: 1000000000000", says: "task.yaml:", "weight-cap"),
    Fault(
      "whose rule makes every row of one class", arguments: "--set",
      "data.label={column: fever, positive: 'maybe'}", says: "“fever”", "single class"),
    Fault(
      "whose weights are less than a site's rows", task: "rounds: 2",
      "rounds: 2}\nprotection: {weight-cap: 11",
      says: "12 training rows", "protection.weight-cap"),
    Fault("set to nonsense", arguments: "--set", "federation.rounds=many", says: "federation.rounds"),
    Fault(
      "with more participants than rows", task: "participants: [north.csv, south.csv]",
      "file: north.csv\n  partition: {kind: iid, participants: 13}", says: "12", "13"),
    Fault(
      "with more class weights than classes", task: "learning-rate: 0.1", "class-weights: [1, 2, 3]",
      says: "task.yaml:9:27", "class-weights has 3 numbers"),
    Fault(
      "with more class weights than a net finds classes",
      task: "model: logistic\ntraining: {learning-rate: 0.1",
      "model: mlp\ntraining: {class-weights: [1, 2, 3]", says: "class-weights has 3 numbers", "2 classes",
      "Nothing was trained and nothing was written."),
    Fault(
      "that excludes what no table has", task: "features: [age, pulse]", "exclude: [puls]",
      says: "north.csv", "data.exclude", "“puls”", "did you mean pulse?"),
    Fault("run on no thread", arguments: "--threads", "0", status: 64, says: "--threads"),
    Fault("run with an unknown option", arguments: "--sped", status: 64, says: "--sped"),
  ]

  @Test(arguments: faults) func `that is wrong is refused`(_ fault: Fault) throws { try fault.check() }

  @Test func `is not run with kernels that nobody has`() throws {
    let folder = try Study.wards.folder()
    let ended = try atoll(
      "run", "task.yaml", "--out", "run", in: folder, environment: ["ATOLL_KERNELS": "nonsense"])
    #expect(ended.status == 64)
    #expect(ended.words.contains("ATOLL_KERNELS is \"nonsense\""))
    #expect(!folder.has("run"))
  }

  @Test func `may exclude what only some tables have`() throws {
    let folder = try Study.wards.folder()
    try folder.write(
      folder.text("north.csv").split(separator: "\n").map { "\($0),x" }.joined(separator: "\n"),
      to: "north.csv")
    let ended = try atoll(
      "run", "task.yaml", "--out", "run", "--set", "data.features=", "--set", "data.exclude=[x]", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
  }

  @Test func `whose run fails says what is kept of it`() throws {
    let folder = try Study.wards.folder()
    let ended = try atoll(
      "run", "task.yaml", "--out", "run", "--set", "protection.range=0.000001", in: folder)
    #expect(ended.status == 1, "\(ended.errors)")
    #expect(ended.words.contains("is saved in run."), "\(ended.errors)")
    #expect(ended.words.contains("protection.clip, a larger protection.range"))
    #expect(!ended.words.contains("Nothing was trained"))
  }

  @Test func `names files as it was given them`() throws {
    let folder = try Study.wards.folder()
    try folder.write("age,pulse,fever\n40,70\n", to: "south.csv")
    let ended = try atoll("run", "task.yaml", in: folder)
    #expect(ended.errors.hasPrefix("error: south.csv:2:3: "), "\(ended.errors)")
    #expect(ended.words.contains("Nothing was trained and nothing was written."))
  }

  @Test func `that diverges says so, and keeps what was committed`() throws {
    let folder = try Study.wards.folder()
    let ended = try atoll(
      "run", "task.yaml", "--out", "run", "--set", "training.learning-rate=1e30", in: folder)
    #expect(ended.status == 1, "\(ended.errors)")
    #expect(ended.words.contains("diverged"))
    #expect(ended.words.contains("learning-rate"))
    #expect(folder.has("run/state/checkpoint.json"))
    #expect(!folder.has("run/model.safetensors"))
    #expect(!folder.has("run/manifest.json"))
  }
}
