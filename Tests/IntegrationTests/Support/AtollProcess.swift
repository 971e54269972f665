import Foundation
import Testing

/// The built command `atoll` in a process of its own, with its output kept in files.
final class AtollProcess {
  struct TooSlow: Error { let arguments: [String] }

  private let process = Process()
  private let arguments: [String]
  private let captured: Folder
  private let ended = DispatchSemaphore(value: 0)

  /// Starts `atoll`, or another executable.
  ///
  /// - Parameters:
  ///   - folder: the working directory.
  ///   - environment: added to a small fixed one: UTF-8, 80 columns.
  init(
    _ arguments: [String], in folder: Folder, environment: [String: String] = [:], executable: String = path
  ) throws {
    self.arguments = arguments
    captured = try Folder()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    let inherited = ProcessInfo.processInfo.environment.filter {
      ["PATH", "LD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH", "HOME", "TMPDIR"].contains($0.key)
    }
    process.environment =
      inherited
      .merging(["LANG": "C.UTF-8", "COLUMNS": "80", "atoll": Self.path]) { $1 }
      .merging(environment) { $1 }
    // Files, not pipes: nobody has to read while the process writes.
    for file in ["output", "errors"] { try captured.write("", to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: captured.path + "/output"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: captured.path + "/errors"))
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  /// What it has written to standard output so far.
  var output: String { (try? captured.text("output")) ?? "" }

  /// What it has written to standard error so far.
  var errors: String { (try? captured.text("errors")) ?? "" }

  /// What is resident of it now, in MB; nil where the system does not tell.
  var residentMegabytes: Double? {
    let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map {
      $0 / 1024
    }
  }

  /// Whether it has ended.
  var isOver: Bool { !process.isRunning }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end.
  ///
  /// - Throws: ``TooSlow`` when it takes longer than `deadline` seconds; then it is killed.
  func wait(deadline: Double = 120) throws -> Ended {
    if ended.wait(timeout: .now() + deadline) == .timedOut {
      send(SIGKILL)
      throw TooSlow(arguments: arguments)
    }
    return Ended(
      status: process.terminationStatus, isKilled: process.terminationReason == .uncaughtSignal,
      output: try captured.text("output"), errors: try captured.text("errors"))
  }

  /// Kills the process with SIGKILL after so many seconds, unless it ended before.
  func end(after seconds: Double) throws -> Ended {
    if ended.wait(timeout: .now() + seconds) == .timedOut { send(SIGKILL) } else { ended.signal() }
    return try wait()
  }

  /// The product beside the tests.
  static let path: String = {
    let here = [ProcessInfo.processInfo.arguments[0], Bundle.main.executablePath ?? ""]
    for folder in here + Bundle.allBundles.map(\.bundlePath) {
      var url = URL(fileURLWithPath: folder)
      while url.path != "/" {
        url.deleteLastPathComponent()
        let candidate = url.appendingPathComponent("atoll").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
          FileManager.default.isExecutableFile(atPath: candidate)
        {
          return candidate
        }
      }
    }
    return "atoll"
  }()
}

/// What came of a process.
struct Ended {
  let status: Int32
  let isKilled: Bool
  let output: String
  let errors: String

  /// Lines of standard output as JSON objects.
  func events() throws -> [[String: Any]] {
    try output.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line) is an object")
    }
  }

  /// The event `finished`.
  func finished() throws -> [String: Any] {
    try #require(try events().last { $0["event"] as? String == "finished" }, "\(errors)")
  }

  /// `model_sha256` of the event `finished`.
  func model() throws -> String { try #require(try finished()["model_sha256"] as? String) }

  /// Standard error as one line without line breaks, for a search of words that may be wrapped.
  var words: String { errors.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

/// Runs `atoll` to its end.
func atoll(
  _ arguments: String..., in folder: Folder, environment: [String: String] = [:], deadline: Double = 120
) throws -> Ended {
  try AtollProcess(arguments, in: folder, environment: environment).wait(deadline: deadline)
}

/// Runs a line of shell in which `$atoll` is the command.
func shell(_ line: String, in folder: Folder, deadline: Double = 120) throws -> Ended {
  try AtollProcess(["-c", line], in: folder, executable: "/bin/sh").wait(deadline: deadline)
}
