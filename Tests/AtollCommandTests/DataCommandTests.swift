import Foundation
import Testing

@Suite struct DataCommandTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  static let admissions: String = {
    let rows = (0..<200).map { row in
      let lactate = row % 5 < 2 ? "" : "\(Double(row % 21) / 2 + 0.3)"
      let ward = ["med", "surg", "icu", "er"][row % 4]
      return
        "P\(100_000 + row * 7),\(18 + row % 70),\(lactate),\(ward),2025-01-\(10 + row % 20),\(row % 10 == 0 ? "yes" : "no")"
    }
    return (["mrn,age,lactate,ward,admitted,sepsis"] + rows).joined(separator: "\n") + "\n"
  }()

  @Test func `a table is told as a table`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    let ended = try Program.run("data", "check", "admissions.csv", "--label", "sepsis", in: folder)
    #expect(ended.status == 0)
    #expect(ended.errors.isEmpty)
    #expect(
      ended.output == """
        admissions.csv: 200 rows, 6 columns, 6.4 kB. Nothing was sent.

        column     type         missing   values
        sepsis     yes/no             0   label: 10.0 % yes
        age        number             0   18 … 87, mean 51.0
        lactate    number        40.0 %   0.3 … 10.3, mean 5.1
        ward       category           0   4 values: med, surg, icu, …
        mrn        identifier         0   left out: 200 values in 200 rows
        admitted   date               0   left out: 2025-01-10 … 2025-01-29

        warning: lactate is missing in 40.0 % of rows; it is filled with the mean
        warning: admitted is a date; it is left out unless asked for (--include)

        3 features ready: 2 numbers, 1 category. Left out: 2.
        next   atoll new my-study

        """)
  }

  @Test func `at 120 columns the figures have columns of their own`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    let ended = try Program.run(
      "data", "check", "admissions.csv", "--label", "sepsis", in: folder, environment: ["COLUMNS": "120"])
    let header = try #require(ended.lines.first { $0.hasPrefix("column") })
    #expect(
      header.split(separator: " ").map(String.init)
        == ["column", "type", "missing", "minimum", "median", "mean", "maximum", "distinct", "remarks"])
    for line in ended.lines { #expect(line.count <= 120, "\(line)") }
  }

  @Test func `without UTF-8 there is only ASCII`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    let ended = try Program.run(
      "data", "check", "admissions.csv", in: folder, environment: ["LANG": "C", "LC_ALL": "C"])
    #expect(ended.status == 0)
    #expect(ended.output.utf8.allSatisfy { $0 < 0x80 })
    #expect(ended.output.contains("18 ... 87"))
  }

  @Test func `what is included is a feature, and many columns are shortened`() throws {
    let names = (0..<30).map { "x\($0)" }
    let rows = (0..<40).map { row in (0..<30).map { "\(row * ($0 + 1) % 31).5" }.joined(separator: ",") }
    try folder.write(([names.joined(separator: ",")] + rows).joined(separator: "\n"), to: "wide.csv")
    let short = try Program.run("data", "check", "wide.csv", in: folder)
    #expect(short.output.contains("\n  … 22 more numbers, all usable (--all shows them)\n"))
    let all = try Program.run("data", "check", "wide.csv", "--all", in: folder)
    #expect(all.lines.filter { $0.hasPrefix("x") }.count == 30)
    try folder.write(Self.admissions, to: "admissions.csv")
    let more = try Program.run("data", "check", "admissions.csv", "--include", "admitted", in: folder)
    #expect(more.output.contains("Left out: 1."))
  }

  @Test func `every column is an event`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    let events = try Program.run(
      "data", "check", "admissions.csv", "--label", "sepsis", "--json", in: folder
    ).events()
    #expect(events.compactMap { $0["event"] as? String }.filter { $0 == "column" }.count == 6)
    #expect(events.first?["rows"] as? Int == 200)
    #expect(events.last?["features"] as? Int == 3)
    #expect(events.last?["left_out"] as? [String] == ["mrn", "admitted"])
  }

  @Test(arguments: [
    ("", "bad.csv: "),
    ("a,b\n", "bad.csv"),
    ("a,b\n1,2\n3\n", "bad.csv:3:2: "),
    ("a,a\n1,2\n", "bad.csv:1:2: "),
    ("a,b\n1,\"2\n", "bad.csv:2"),
    ("a,b\n1,2\n3,4\n5,x7\n6,8\n", "bad.csv:4:2: “x7” is not a number (column b)"),
    ("a,b\n1,inf\n2,3\n3,4\n4,5\n", "bad.csv:2:2: "),
    ("a,b\n1,Nan\n2,3\n3,4\n4,5\n", "--missing-values NA,Nan"),
    ("a;b\n1;2,5\n2;3,5\n3;4.5\n4;1.5\n5;1.5\n", "--decimal comma"),
    ("1.5,2.5\n1,2\n", "--columns age,sex,…"),
  ])
  func `a faulty table exits with 65 and says where`(_ text: String, _ words: String) throws {
    try folder.write(text, to: "bad.csv")
    let ended = try Program.run("data", "check", "bad.csv", in: folder)
    #expect(ended.status == 65)
    #expect(ended.errors.hasPrefix("error: "))
    #expect(ended.errors.contains(words), "\(ended.errors)")
    // The spelling of a task is no help to who has none.
    #expect(!ended.errors.contains("under data in the task"))
  }

  @Test func `what NumPy writes for no value is missing in every command`() throws {
    try folder.write("a,b\n1,nan\n2,3\n3,4\n4,5\n", to: "gaps.csv")
    let ended = try Program.run("data", "check", "gaps.csv", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.output.contains("25.0 %"))
  }

  @Test func `several files are looked at, one after the other`() throws {
    try folder.write(Self.admissions, to: "a.csv")
    try folder.write("a,b\n1,2\n3\n", to: "bad.csv")
    try folder.write(Self.admissions, to: "c.csv")
    let good = try Program.run("data", "check", "a.csv", "c.csv", "--label", "sepsis", in: folder)
    #expect(good.status == 0)
    #expect(good.lines.count { $0.contains("200 rows, 6 columns") } == 2)
    #expect(good.lines.filter { $0.hasPrefix("next") } == ["next   atoll new my-study"])
    let mixed = try Program.run("data", "check", "a.csv", "bad.csv", "c.csv", in: folder)
    #expect(mixed.status == 65)
    #expect(mixed.lines.count { $0.contains("200 rows, 6 columns") } == 2)
    #expect(mixed.errors.hasPrefix("error: bad.csv:3:2: "))
  }

  @Test func `more columns than a model takes are told, and no study is proposed of none`() throws {
    let names = (0..<5_000).map { "x\($0)" }
    let rows = (0..<5).map { row in (0..<5_000).map { "\(row * ($0 + 1) % 7).5" }.joined(separator: ",") }
    try folder.write(([names.joined(separator: ",")] + rows).joined(separator: "\n"), to: "wide.csv")
    let wide = try Program.run("data", "check", "wide.csv", in: folder)
    #expect(wide.output.contains("At most 4,096 can be learnt from"), "\(wide.output)")
    let missing = try Program.run("data", "check", "wide.csv", "--label", "nope", in: folder)
    #expect(missing.errors.count < 400)
    #expect(missing.errors.contains("4,988 more"))
    try folder.write("id,y\n" + (0..<30).map { "P\($0),yes" }.joined(separator: "\n"), to: "bare.csv")
    let bare = try Program.run("data", "check", "bare.csv", "--label", "y", in: folder)
    #expect(bare.output.contains("No column can be learnt from."))
    #expect(!bare.output.contains("next"))
  }

  @Test func `a label that is not there is told with the nearest column`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    let ended = try Program.run("data", "check", "admissions.csv", "--label", "sepsys", in: folder)
    #expect(ended.status == 65)
    #expect(
      ended.errors == """
        error: admissions.csv: there is no column “sepsys”
               did you mean sepsis?
               the columns are: mrn, age, lactate, ward, admitted, sepsis

        """)
  }

  @Test func `missing files, folders and damaged gzip exit with 65`() throws {
    try folder.write(Self.admissions, to: "admissions.csv")
    _ = try Program.shell(
      "gzip -k admissions.csv && head -c 200 admissions.csv.gz > short.gz && (cat admissions.csv.gz; echo x) > long.gz",
      in: folder)
    let whole = try Program.run("data", "check", "admissions.csv.gz", in: folder)
    #expect(whole.status == 0)
    for (file, words) in [
      ("no.csv", "there is no such file"), (".", "is a folder"), ("short.gz", "cut short"),
      ("long.gz", "other bytes follow"),
    ] {
      let ended = try Program.run("data", "check", file, in: folder)
      #expect(ended.status == 65)
      #expect(ended.errors.hasPrefix("error: \(file): "))
      #expect(ended.errors.contains(words))
    }
  }

  @Test func `names from a file cannot reach the terminal as commands`() throws {
    try folder.write("\u{1B}[31mred,b\n1,2\n2,3\n", to: "evil.csv")
    let ended = try Program.run("data", "check", "evil.csv", in: folder)
    #expect(!ended.output.contains("\u{1B}"))
  }

  @Test func `images and labels are told too`() throws {
    try folder.write(
      [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] + [0, 9, 8, 7, 6, 5, 4, 255], to: "images")
    try folder.write([0, 0, 8, 1, 0, 0, 0, 4, 1, 1, 0, 2], to: "labels")
    let images = try Program.run("data", "check", "images", in: folder)
    #expect(images.lines.first == "images: 2 images of 2 × 2, bytes. Nothing was sent.")
    let labels = try Program.run("data", "check", "labels", in: folder)
    #expect(
      labels.output.hasSuffix(
        "class   rows    share\n    0      1   25.0 %\n    1      2   50.0 %\n    2      1   25.0 %\n"))
    try folder.write([0, 0, 8, 1, 0, 0, 0, 9, 1], to: "cut")
    #expect(try Program.run("data", "check", "cut", in: folder).status == 65)
    // Two images and four labels.
    let unlike = try Program.run("data", "check", "images:images,labels", in: folder)
    #expect(unlike.status == 65)
    #expect(unlike.errors.contains("4 labels do not go with 2 images"))
    try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 0, 2], to: "labels")
    for source in ["images:images,labels", "."] {
      try? FileManager.default.removeItem(atPath: folder.path + "/cut")
      let both = try Program.run("data", "check", source, in: folder)
      #expect(both.status == 0, "\(both.errors)")
      #expect(
        both.output.hasSuffix(
          """
          They go together. A deployed task says under data:
            shape:   [2, 2, 1]
            classes: 3, or more where others have further ones

          """), "\(both.output)")
    }
    let told = try Program.run("data", "check", "images:images,labels", "--json", in: folder).events()
    #expect(told.compactMap { $0["event"] as? String } == ["array", "array", "images"])
    #expect(told.last?["shape"] as? [Int] == [2, 2, 1])
    #expect(told.last?["classes"] as? Int == 3)
  }
}
