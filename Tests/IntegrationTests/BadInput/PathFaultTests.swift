import Foundation
import Testing

/// Paths that scripts leave empty, and places that are taken or full.
@Suite(.serialized) struct `A path` {
  @Test(arguments: [
    "new ''", "demo --out ''", "run ''", "run task.yaml --out ''", "run --resume ''",
    "run task.yaml --start ''", "run task.yaml --contributors ''", "verify ''", "predict '' north.csv",
    "predict run ''", "predict run north.csv --out ''", "evaluate '' north.csv", "evaluate run ''",
    "evaluate run north.csv --labels ''", "data check ''", "task check ''", "task show ''",
    "task diff task.yaml ''",
  ])
  func `that is empty is a wrong command, not the file system's root`(_ line: String) throws {
    let folder = try Study.wards.folder()
    let before = folder.names
    let ended = try shell("exec \"$atoll\" \(line)", in: folder)
    #expect(ended.status == 64, "\(ended.errors)")
    #expect(ended.words.contains("a path is empty"), "\(ended.errors)")
    #expect(ended.output.isEmpty)
    #expect(folder.names == before)
    #expect(!FileManager.default.fileExists(atPath: "/task.yaml"))
  }

  @Test func `of a study that does not fit on the disk is left as it was`() throws {
    let folder = try Folder()
    // 30 blocks of 512 bytes hold some of the sites' tables and not the largest.
    let ended = try shell(
      "trap '' XFSZ; ulimit -f 30; exec \"$atoll\" new made/here/study", in: folder)
    #expect(ended.status == 73, "\(ended.errors)")
    #expect(ended.words.contains("Nothing was written."))
    #expect(folder.names.isEmpty, "\(folder.names)")
  }

  @Test func `that is taken is refused by the demo`() throws {
    let folder = try Folder()
    try folder.write("mine", to: "taken/notes.txt")
    let ended = try atoll("demo", "--out", "taken", in: folder)
    #expect(ended.status == 73, "\(ended.errors)")
    #expect(folder.names == ["taken", "taken/notes.txt"])
  }

  @Test(arguments: ["/dev/null", "pipe"])
  func `of no ordinary file is refused without talk of tables`(_ path: String) throws {
    let folder = try Folder()
    _ = try shell("mkfifo pipe", in: folder)
    let ended = try atoll("task", "check", path, in: folder)
    #expect(ended.status == 65)
    #expect(ended.words.contains("is no ordinary file"))
    #expect(!ended.words.contains("table"))
  }

  @Test func `of a task too large is told with the limit`() throws {
    let folder = try Folder()
    _ = try shell("head -c 20000000 /dev/zero | tr '\\0' '#' > large.yaml", in: folder)
    let ended = try atoll("task", "check", "large.yaml", in: folder)
    #expect(ended.status == 65)
    #expect(ended.words.contains("more than 1,048,576 bytes"), "\(ended.errors)")
  }
}
