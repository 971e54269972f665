import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import Foundation
import Testing

@testable import AtollExternal

/// Needs python3, which a machine that trains with Python has; says so where it is not there.
@Suite(.enabled(if: Examples.hasPython, "python3 is not installed: programs of Python cannot be tried"))
struct PythonTrainerTests {
  static let plain = "python3 '\(Examples.path)/train_plain.py'"

  @Test(arguments: [
    "fedavg", "fedsgd", "{kind: fedprox, mu: 0.5}", "scaffold", "{kind: fedadam, learning-rate: 0.1}",
  ])
  func `the plain program does what Atoll's trainer does`(_ strategy: String) throws {
    // One step a round is all that fedsgd knows.
    let task = try Points.task(
      "federation.strategy=\(strategy)", "training.local-epochs=\(strategy == "fedsgd" ? 1 : 3)")
    let own = try Points.model(task, GradientDescent())
    let program = try Points.model(task, ExternalTrainer(Self.plain))
    for (left, right) in zip(own.values, program.values) { #expect(abs(left - right) < 1e-5, "\(strategy)") }
    #expect(own != program, "another program rounds otherwise")
  }

  @Test func `a deterministic program gives the same bytes, on any number of threads`() throws {
    let task = try Points.task("federation.strategy=scaffold")
    let once = try Points.model(task, ExternalTrainer(Self.plain), threads: 1)
    for threads in [1, 3] {
      #expect(try Points.model(task, ExternalTrainer(Self.plain), threads: threads) == once)
    }
  }

  @Test(.enabled(if: Examples.hasNumPy, "NumPy is not installed for python3"))
  func `the program in NumPy learns`() throws {
    let task = try Points.task("federation.rounds=10")
    let trainer = ExternalTrainer("python3 '\(Examples.path)/train_numpy.py'")
    let study = try Study(task, participants: Points.participants, threads: 2, trainer: trainer).run()
    #expect(try #require(study.evaluation?[.accuracy]) > 0.7)
  }

  @Test func `the instruction says everything that the contract promises`() throws {
    let folder = try Folder()
    let program = try folder.python(
      """
      import json, os, shutil, sys
      from atoll_trainer import Work
      work = Work()
      told = work.instruction
      if told["participant"] == "birk" and told["round"] == 2:
          shutil.copytree(work.folder, "\(folder.path)/kept")
      with open("\(folder.path)/seeds", "a") as file:
          file.write(f"{told['participant']} {told['round']} {told['seed']}\\n")
      mode = os.stat(work.folder).st_mode & 0o777
      assert mode == 0o700, oct(mode)
      assert os.environ["OMP_NUM_THREADS"] == "1"
      assert sys.stdin.read() == ""
      work.finish(work.model, steps=1, loss=0.5, correction=(told["correction"] or {}).get("kind"))
      """)
    _ = try Points.model(
      try Points.task(
        "federation.strategy={kind: fedprox, mu: 0.5}", "training.optimizer={kind: sgd, momentum: 0.5}"),
      ExternalTrainer(program), threads: 1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/kept/instruction.json"))
    let told = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    #expect(told["contract"] as? Int == 1)
    #expect(told["wanted"] as? String == "model")
    #expect(told["participant"] as? String == "birk")
    #expect(told["round"] as? Int == 2)
    let model = try #require(told["model"] as? [String: Any])
    #expect(model["kind"] as? String == "logistic")
    #expect(model["input_shape"] as? [Int] == [4])
    #expect(model["classes"] as? Int == 2)
    let tensors = try #require(model["tensors"] as? [[String: Any]])
    #expect(tensors.map { $0["name"] as? String } == ["output.weight", "output.bias"])
    let training = try #require(told["training"] as? [String: Any])
    #expect((training["loss"] as? [String: Any])?["kind"] as? String == "cross-entropy")
    #expect((training["optimizer"] as? [String: Any])?["momentum"] as? Double == 0.5)
    #expect(training["learning_rate"] as? Double == 0.2)
    #expect(training["epochs"] as? Int == 3)
    #expect((told["correction"] as? [String: Any])?["mu"] as? Double == 0.5)
    #expect((told["examples"] as? [String: Any])?["targets"] as? String == "classes")
    #expect((told["examples"] as? [String: Any])?["count"] as? Int == 19)
    // Different for each participant and round, and as the contract computes it.
    let seeds = try folder.text("seeds").split(separator: "\n").map { $0.split(separator: " ") }
    #expect(seeds.count == 12)
    #expect(Set(seeds.map { $0[2] }).count == 12)
    let hash = ContentHash(of: Array("atoll trainer\n7\n1\nbirk".utf8)).hexadecimal
    let wanted = try #require(UInt32(hash.prefix(8), radix: 16))
    #expect(seeds.contains { $0[0] == "birk" && $0[1] == "2" && $0[2] == "\(wanted)" })
    // Nothing stays behind.
    let left = try FileManager.default.contentsOfDirectory(
      atPath: FileManager.default.temporaryDirectory.path)
    #expect(!left.contains { $0.hasPrefix("atoll-trainer-") && $0.hasSuffix("birk") })
  }

  @Test(arguments: [
    (
      "work.model['output.bias'].data[0] = float('nan')\nwork.finish(work.model)",
      "output.bias[0] is not a finite number"
    ),
    ("del work.model['output.bias']\nwork.finish(work.model)", "without the tensor “output.bias”"),
    (
      "work.model['output.weight'].shape = [1, 4]\nwork.finish(work.model)",
      "whose tensor “output.weight” has the shape [1, 4], not [4, 1]"
    ),
    (
      "work.model['more'] = work.model['output.bias']\nwork.finish(work.model)",
      "with tensors that the model has not"
    ),
    ("work.finish(work.model, steps=0)", "tells of 0 steps"),
    ("pass", "left no result.safetensors"),
    (
      "import os\nos.mkdir(work.folder + '/result.safetensors')",
      "left a result.safetensors that cannot be read: is a folder"
    ),
    (
      "open(work.folder + '/result.safetensors', 'wb').write(b'\\0' * 3000000)",
      "left a result.safetensors that cannot be read: it has more than"
    ),
    (
      "import gzip\nopen(work.folder + '/result.safetensors', 'wb').write(gzip.compress(b'\\0' * 100))",
      "left a result.safetensors that cannot be used"
    ),
    (
      "open(work.folder + '/metrics.json', 'w').write('[]')\nwork.finish",
      "left a metrics.json that is not the JSON of the contract"
    ),
    ("raise ValueError('no column age')", "ended with exit code 1"),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "was killed by signal 11"),
  ])
  func `what a program does wrong refuses the round in one line`(_ lines: String, _ words: String) throws {
    let program = try Folder()
    let command = try program.python("from atoll_trainer import Work\nwork = Work()\n" + lines + "\n")
    let failure = try #require(try Points.failure(command))
    #expect(failure.message.contains(words), "\(failure)")
    #expect(failure.message.hasSuffix("in round 1"))
    #expect(failure.participant == ParticipantID(stringLiteral: "ashford"))
    #expect(!failure.message.contains("\n"))
  }

  @Test func `the last lines of a crash are told at the participant only`() throws {
    let program = try Folder()
    let failure = try #require(
      try Points.failure(
        try program.python(
          "import sys\nprint('\\x1b[31mpatient 17', file=sys.stderr)\nraise ValueError('no column age')")))
    #expect(failure.local.last == "ValueError: no column age")
    #expect(failure.local.contains("\u{FFFD}[31mpatient 17"), "a program does not control the terminal")
    #expect(!failure.description.contains("patient"))
    #expect(failure.code == .worker)
  }

  @Test func `a correction that a program does not know is not passed over`() throws {
    let program = try Folder()
    let command = try program.python(
      "from atoll_trainer import Work\nwork = Work()\nwork.finish(work.model, steps=1)")
    let proximal = try #require(try Points.failure(command, "federation.strategy={kind: fedprox, mu: 0.5}"))
    #expect(
      proximal.message.contains("does not say in metrics.json that it applied the correction “proximal”"))
    // In the first round SCAFFOLD's correction is zero, and sent.
    let control = try #require(try Points.failure(command, "federation.strategy=scaffold"))
    #expect(control.message.contains("the correction “control”"))
    #expect(try Points.failure(command) == nil)
  }

  #if os(Linux)
    @Test func `memory is limited`() throws {
      let program = try Folder()
      let failure = try #require(
        try Points.failure(
          try program.python("held = bytearray(2_000_000_000)"),
          limits: .init(time: .seconds(60), memory: 300_000_000)))
      #expect(failure.local.last == "MemoryError")
    }
  #endif
}

/// Programs of the shell, which is always there.
@Suite struct ExternalTrainerTests {
  @Test func `a program that takes too long is ended with all that it started`() throws {
    let folder = try Folder()
    let command = try folder.shell("sleep 300 &\necho $! > '\(folder.path)/pid'\nsleep 300\n")
    let began = ContinuousClock.now
    let failure = try #require(try Points.failure(command, limits: .init(time: .milliseconds(700))))
    #expect(ContinuousClock.now - began < .seconds(20))
    #expect(failure.message.contains("was ended after 0.7 s, the most that it may take"))
    #expect(failure.hint == "a longer time limit")
    try expectGone(try folder.text("pid"))
  }

  @Test func `what a program leaves running is ended with it`() throws {
    let folder = try Folder()
    let command = try folder.shell("sleep 300 &\necho $! > '\(folder.path)/pid'\nexit 3\n")
    let failure = try #require(try Points.failure(command))
    #expect(failure.message.contains("ended with exit code 3"))
    try expectGone(try folder.text("pid"))
  }

  @Test func `a command that is not there is told as such`() throws {
    let failure = try #require(try Points.failure("no-such-program-anywhere"))
    #expect(failure.message.contains("cannot be started: no such command"))
    #expect(failure.local.contains { $0.contains("no-such-program-anywhere") })
  }

  @Test func `output without end fills no memory, and its end is kept`() throws {
    let folder = try Folder()
    let command = try folder.shell("yes chatter | head -c 20000000 >&2\necho the end\nexit 9\n")
    let failure = try #require(try Points.failure(command))
    #expect(failure.local.last == "the end")
    #expect(failure.local.count == 12)
  }

  @Test func `a run that is stopped ends the program`() throws {
    let folder = try Folder()
    let command = try folder.shell("echo $$ > '\(folder.path)/pid'\nsleep 300\n")
    let began = ContinuousClock.now
    let ended = try ChildProcess(command: command, argument: folder.path, memory: nil).run(for: .seconds(100))
    {
      FileManager.default.fileExists(atPath: folder.path + "/pid")
    }
    #expect(ended.reason == .cancelled)
    #expect(ContinuousClock.now - began < .seconds(30))
    // The shell may have been ended between making the file and writing into it.
    let process = try folder.text("pid")
    if !process.isEmpty { try expectGone(process) }
  }

  /// Waits until a process is no more; the system may take a moment to bury it.
  func expectGone(_ text: String) throws {
    let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    var tries = 0
    while isRunning(process), tries < 200 {
      usleep(10_000)
      tries += 1
    }
    #expect(!isRunning(process), "process \(process) is still there")
  }

  private func isRunning(_ process: pid_t) -> Bool {
    guard kill(process, 0) == 0 else { return false }
    // A dead process that its parent has not asked about yet is no running one.
    let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return state.map { !$0.contains(") Z ") } ?? true
  }
}
