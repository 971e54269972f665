import Foundation
import Testing

/// What came of a run of the real command.
struct Ended {
  let status: Int32
  let isKilled: Bool
  let output: String
  let errors: String

  /// Lines of standard output.
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Every line of standard output as JSON.
  ///
  /// - Throws: when a line is no JSON object.
  func events() throws -> [[String: Any]] {
    try lines.map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any], "\(line) is an object")
    }
  }
}

enum Program {
  struct NotFound: Error {}
  struct TooSlow: Error { let arguments: [String] }

  /// The product `atoll` beside the tests.
  static let path: String = {
    var folders = [ProcessInfo.processInfo.arguments[0]] + Bundle.allBundles.map(\.bundlePath)
    folders.append(Bundle.main.executablePath ?? "")
    for folder in folders {
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

  /// Runs `atoll` to its end.
  ///
  /// - Parameters:
  ///   - folder: the working directory.
  ///   - environment: added to a small fixed one: UTF-8, 80 columns.
  ///   - deadline: in seconds; a process that takes longer is ended and fails the test.
  static func run(
    _ arguments: String..., in folder: Folder, environment: [String: String] = [:], deadline: Double = 60
  ) throws -> Ended {
    try run(arguments, in: folder, environment: environment, deadline: deadline)
  }

  /// The same with arguments that are a list already.
  static func run(
    _ arguments: [String], in folder: Folder, environment: [String: String] = [:], deadline: Double = 60
  ) throws -> Ended {
    try launch(path, arguments, in: folder, environment: environment, deadline: deadline)
  }

  /// Runs a line of shell in which `$atoll` is the command.
  static func shell(
    _ line: String, in folder: Folder, environment: [String: String] = [:], deadline: Double = 60
  ) throws -> Ended {
    try launch(
      "/bin/sh", ["-c", line], in: folder, environment: environment.merging(["atoll": path]) { $1 },
      deadline: deadline)
  }

  private static func launch(
    _ executable: String, _ arguments: [String], in folder: Folder, environment: [String: String],
    deadline: Double
  ) throws -> Ended {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    let inherited = ProcessInfo.processInfo.environment.filter {
      ["PATH", "LD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH", "HOME", "TMPDIR", "ATOLL_KERNELS"].contains($0.key)
    }
    process.environment = inherited.merging(["LANG": "C.UTF-8", "COLUMNS": "80"]) { $1 }
      .merging(environment) { $1 }
    // Files, not pipes: nobody has to read while the process writes.
    let captured = try Folder()
    let (output, errors) = (captured.path + "/output", captured.path + "/errors")
    for file in ["output", "errors"] { try captured.write("", to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    if ended.wait(timeout: .now() + deadline) == .timedOut {
      process.terminate()
      throw TooSlow(arguments: arguments)
    }
    return Ended(
      status: process.terminationStatus, isKilled: process.terminationReason == .uncaughtSignal,
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }
}

/// A folder of its own for a test, removed with the value.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("atoll-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// Names of everything in it, sorted.
  var names: [String] {
    (try? FileManager.default.subpathsOfDirectory(atPath: path))?.sorted() ?? []
  }
}
