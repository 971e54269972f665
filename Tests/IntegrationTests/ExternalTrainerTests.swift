import Foundation
import Testing

/// Runs whose participants train with a program of their own.
@Suite struct ExternalTrainerRunTests {
  let folder: Folder
  static let isThere: Bool = {
    guard let folder = try? Folder() else { return false }
    return (try? shell("python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))'", in: folder).status)
      == 0
  }()
  /// The plain program of the examples.
  static let program: String = {
    var url = URL(filePath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return "python3 '\(url.path)/Examples/external-trainer/train_plain.py'"
  }()

  init() throws {
    folder = try Folder()
    _ = try atoll("new", "study", in: folder)
  }

  func run(_ arguments: String...) throws -> Ended {
    let task = [
      "run", "study/task.yaml", "--json", "--set", "federation.rounds=3", "--set", "evaluation.baselines=[]",
      "--set", "training.batch-size=full",
    ]
    return try AtollProcess(task + arguments, in: folder).wait()
  }

  @Test(.enabled(if: isThere, "python3 is not installed: the plain program cannot be tried"))
  func `a run is repeated and verified only with the program named again`() throws {
    let once = try run("--trainer", Self.program, "--out", "once")
    #expect(once.status == 0, "\(once.errors)")
    let model = try once.model()
    #expect(try run("--trainer", Self.program, "--out", "twice", "--threads", "3").model() == model)
    #expect(try run("--out", "own").model() != model)
    let bare = try atoll("verify", "once", "--replay", in: folder)
    #expect(bare.status == 65)
    #expect(bare.words.contains("is trained by a program of its own"))
    let named = try atoll("verify", "once", "--replay", "--trainer", Self.program, in: folder)
    #expect(named.status == 0, "\(named.errors)")
    #expect(named.output.contains("the same bytes again"))
    let other = try atoll("verify", "own", "--replay", "--trainer", Self.program, in: folder)
    #expect(other.status == 65)
    #expect(other.words.contains("is trained by Atoll"))
  }

  @Test(.enabled(if: isThere, "python3 is not installed: the plain program cannot be tried"))
  func `an interrupted run goes on with the program named again, to the same bytes`() throws {
    let whole = try run("--trainer", Self.program, "--out", "whole").model()
    // Ends itself before the second round of the last participant.
    try folder.write(
      """
      if grep -q '"participant" : "dalen"' "$1/instruction.json" && grep -q '"round" : 2' "$1/instruction.json"; then
        [ -e stop ] && exit 5
      fi
      exec \(Self.program) "$1"
      """, to: "train.sh")
    try folder.write("", to: "stop")
    let command = "sh train.sh"
    let failed = try run("--trainer", command, "--out", "part", "--threads", "1")
    #expect(failed.status == 1)
    #expect(failed.words.contains("dalen: the trainer “sh train.sh” ended with exit code 5, in round 2"))
    try FileManager.default.removeItem(atPath: folder.path + "/stop")
    let unnamed = try atoll("run", "--resume", "part", in: folder)
    #expect(unnamed.status == 65)
    #expect(unnamed.words.contains("trained by a program of its own, “sh train.sh”"))
    let resumed = try atoll("run", "--resume", "part", "--trainer", command, "--json", in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try resumed.model() == whole)
  }

  @Test func `a program does not outlive a run that is killed`() throws {
    try folder.write("echo $$ > pid\nsleep 300 & wait\n", to: "train.sh")
    let process = try AtollProcess(
      ["run", "study/task.yaml", "--threads", "1", "--trainer", "sh train.sh", "--out", "gone"], in: folder)
    while ((try? folder.text("pid")) ?? "").last != "\n" { usleep(10_000) }
    let pid = try #require(pid_t(try folder.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
    process.send(SIGKILL)
    _ = try process.wait()
    var tries = 0
    while kill(pid, 0) == 0, !isDead(pid), tries < 1000 {
      usleep(10_000)
      tries += 1
    }
    #expect(tries < 1000, "process \(pid) is still there")
  }

  /// Of a process that nobody has asked about yet.
  private func isDead(_ process: pid_t) -> Bool {
    ((try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? "").contains(") Z ")
  }

  @Test func `what a program writes is shown to whoever runs it, and limits are checked`() throws {
    try folder.write("echo no column age >&2\nexit 2\n", to: "train.sh")
    let failed = try run("--trainer", "sh train.sh", "--out", "failed")
    #expect(failed.status == 1)
    #expect(failed.errors.contains("| no column age"))
    let record = (try? folder.text("failed/events.jsonl")) ?? ""
    #expect(!record.contains("no column age"), "it may tell of data, and records travel")
    for wrong in [["--trainer-time", "3 days"], ["--trainer-memory", "4"], ["--trainer-time", "0s"]] {
      #expect(try run("--trainer", "sh train.sh", wrong[0], wrong[1]).status == 64)
    }
    #expect(try run("--trainer-time", "3s").status == 64)
    #expect(try run("--trainer", " ").status == 64)
  }
}
