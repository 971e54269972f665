import Foundation
import Testing

@Suite struct NewCommandTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func `a new study is valid and its data are whole`() throws {
    let made = try Program.run("new", "my study/", in: folder)
    #expect(made.status == 0)
    #expect(made.output.contains("next   atoll task show 'my study/task.yaml'\n"))
    #expect(
      folder.names.filter { $0.contains(".") } == [
        "my study/README.md", "my study/policy.yaml", "my study/sites/ashford.csv", "my study/sites/birk.csv",
        "my study/sites/corvo.csv",
        "my study/sites/dalen.csv", "my study/task.yaml",
      ])
    let check = try Program.run("task", "check", "my study/task.yaml", in: folder)
    #expect(check.status == 0)
    #expect(check.errors.isEmpty)
    let rows = try ["ashford", "birk", "corvo", "dalen"].map { site in
      try folder.text("my study/sites/\(site).csv").split(separator: "\n").count - 1
    }
    #expect(rows.reduce(0, +) == 569)
  }

  @Test func `hints run as typed`() throws {
    let made = try Program.run("new", "it's", in: folder)
    for line in made.lines where line.contains("atoll task") || line.contains("atoll data") {
      let hint = try #require(line.range(of: "atoll ")).upperBound
      #expect(try Program.shell("$atoll \(line[hint...])", in: folder).status == 0, "\(line)")
    }
  }

  @Test func `nothing is overwritten`() throws {
    try folder.write("mine", to: "study/README.md")
    let ended = try Program.run("new", "study", in: folder)
    #expect(ended.status == 73)
    #expect(ended.errors.contains("study/README.md is there already"))
    #expect(ended.errors.contains("Nothing was written."))
    #expect(folder.names == ["study", "study/README.md"])
    #expect(try folder.text("study/README.md") == "mine")
  }

  @Test func `a place that cannot be written exits with 73`() throws {
    try folder.write("a file", to: "file")
    let ended = try Program.run("new", "file/study", in: folder)
    #expect(ended.status == 73)
    #expect(ended.errors.hasPrefix("error: file"))
  }
}
