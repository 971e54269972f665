import Foundation
import Testing

@Suite struct UsageTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func `the version is one line`() throws {
    let ended = try Program.run("--version", in: folder)
    #expect(ended.status == 0)
    #expect(ended.lines.count == 1 && ended.output.hasPrefix("atoll "))
  }

  @Test func `without a subcommand there is help, with all exit codes`() throws {
    let ended = try Program.run(in: folder)
    #expect(ended.status == 0)
    for code in ["64 ", "65 ", "70 ", "73 ", "130 "] { #expect(ended.output.contains("\n  \(code)")) }
  }

  @Test(arguments: [
    "demo", "new", "data check", "task check", "task show", "task diff", "task schema",
    "run", "evaluate", "predict", "verify", "bench", "privacy ledger", "privacy audit",
  ])
  func `every command has help that fits 80 columns, and --json`(_ command: String) throws {
    let ended = try Program.shell("$atoll \(command) --help", in: folder)
    #expect(ended.status == 0)
    #expect(ended.output.hasPrefix("OVERVIEW: "))
    #expect(ended.output.contains("--json"))
    for line in ended.lines where !line.hasPrefix("USAGE: ") { #expect(line.count <= 80, "\(line)") }
  }

  @Test(arguments: [
    "frobnicate", "task", "task check", "task check --frobnicate x", "data check", "predict only-a-model",
    "task check a.yaml b.yaml", "run a.yaml b.yaml", "evaluate a b c", "run", "run a.yaml --threads many",
    "bench --threads 0", "bench twice",
    "data check a.csv --delimiter xy", "data check a.csv --decimal dot",
  ])
  func `what is typed wrongly exits with 64 and says what to try`(_ line: String) throws {
    let ended = try Program.shell("$atoll \(line)", in: folder)
    // A group alone prints its help.
    guard line != "task" else { return #expect(ended.status == 0) }
    #expect(ended.status == 64)
    #expect(ended.output.isEmpty)
    #expect(ended.errors.hasPrefix("error: "))
    #expect(ended.errors.contains("\ntry") && ended.errors.contains(" atoll "))
    #expect(ended.errors.contains("--help"))
    #expect(!ended.errors.contains("'"))
    for line in ended.errors.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test(arguments: ["--help", "data check --help", "predict --help", "run --help", "task schema"])
  func `without UTF-8 help is ASCII`(_ line: String) throws {
    let ended = try Program.shell(
      "$atoll \(line)", in: folder, environment: ["LANG": "C", "LC_ALL": "C"])
    #expect(ended.status == 0)
    #expect(!ended.output.isEmpty && ended.output.utf8.allSatisfy { $0 < 0x80 })
  }

  /// A paragraph that is broken by hand is broken again by a narrower terminal: then lines of a word or two stand
  /// between long ones.
  @Test(arguments: ["demo", "run", "new", "verify", "evaluate", "predict", "bench"])
  func `paragraphs of help are broken by the terminal alone`(_ command: String) throws {
    let ended = try Program.shell("$atoll \(command) --help", in: folder)
    let lines = ended.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (line, next) in zip(lines, lines.dropFirst()) where !line.hasPrefix(" ") && line.count < 50 {
      let isLast = next.isEmpty || next.hasPrefix(" ") || line.hasSuffix(":") || line.isEmpty
      #expect(isLast, "\(line)\n\(next)")
    }
  }

  @Test func `a usage error is an event too where events are wanted`() throws {
    let ended = try Program.run("task", "check", "--frobnicate", "--json", in: folder)
    #expect(ended.status == 64)
    let event = try #require(try ended.events().last)
    #expect(event["event"] as? String == "error")
    #expect(event["code"] as? Int == 64)
  }

  @Test func `there are completions for shells`() throws {
    for shell in ["bash", "zsh", "fish"] {
      let ended = try Program.run("--generate-completion-script", shell, in: folder)
      #expect(ended.status == 0 && ended.output.contains("atoll"))
    }
  }
}
