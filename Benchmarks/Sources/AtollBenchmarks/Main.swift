import Foundation

/// `run WORKLOAD …` measures one workload in this process and prints its rows, one JSON object a line; `suite` runs
/// jobs and peers in turn, each in a process of its own. script/bench is the way in.
@main
enum Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.first {
      case "run":
        for row in try Job.perform(Array(arguments.dropFirst())) { print(try json(of: row)) }
      case "suite": try suite(Array(arguments.dropFirst()))
      case "data":
        guard arguments.count == 2 else { throw Complaint("data takes a folder") }
        try DataFiles.prepare(in: URL(filePath: arguments[1]))
      default: throw Complaint("say run, suite or data")
      }
    } catch {
      tell("error: \(error)")
      exit(1)
    }
  }

  /// Arguments: names of workloads, all by default; `--json`, `--repeats N`, `--data FOLDER`, `--plot FILE`,
  /// `--baseline FILE` to compare with, `--save FILE` to make one.
  private static func suite(_ arguments: [String]) throws {
    var rest = arguments[...]
    var options: [String: String] = [:]
    var wanted: [String] = []
    var isJSON = false
    while let argument = rest.popFirst() {
      if argument == "--json" {
        isJSON = true
      } else if argument.hasPrefix("--"), let value = rest.popFirst() {
        options[argument] = value
      } else {
        wanted.append(argument)
      }
    }
    let jobs = Job.all.filter { job in
      wanted.isEmpty || wanted.contains { $0.lowercased() == job.workload.lowercased() }
    }
    guard !jobs.isEmpty else {
      let names = Set(Job.all.map(\.workload)).sorted().joined(separator: ", ")
      throw Complaint("there is no workload \(wanted.joined(separator: " ")); there are \(names)")
    }
    let environment = ProcessInfo.processInfo.environment
    var suite = Suite(
      data: URL(filePath: options["--data"] ?? "data"), progress: { tell($0) })
    suite.repeats = max(1, options["--repeats"].flatMap { Int($0) } ?? 3)
    if let peers = environment["ATOLL_PEERS"] {
      guard let shared = environment["ATOLL_SHARED"] else {
        throw Complaint("ATOLL_PEERS needs ATOLL_SHARED, the folder with the peers' scripts in bench/peers")
      }
      suite.peers = URL(filePath: peers)
      suite.scripts = URL(filePath: shared).appending(path: "bench/peers")
    }
    let rows = try suite.rows(of: jobs)
    if isJSON {
      for row in rows { print(try json(of: row)) }
    } else {
      let baseline = try options["--baseline"].map(readRows) ?? []
      print(TextReport.text(of: rows, baseline: baseline), terminator: "")
    }
    if let file = options["--plot"] {
      try Plot.svg(of: rows).write(toFile: file, atomically: true, encoding: .utf8)
    }
    if let file = options["--save"] {
      // Rows of workloads that did not run stay as they were.
      let others = try readRows(file).filter { old in !rows.contains { $0.isLike(old) } }
      let lines = try (rows + others).map { try json(of: $0) }.joined(separator: ",\n")
      try "[\n\(lines)\n]\n".write(toFile: file, atomically: true, encoding: .utf8)
    }
  }

  private static func readRows(_ file: String) throws -> [Row] {
    guard FileManager.default.fileExists(atPath: file) else { return [] }
    return try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(filePath: file)))
  }

  private static func json(of row: Row) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(row), as: UTF8.self)
  }

  private static func tell(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
