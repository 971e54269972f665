import AtollNumerics
import AtollReport
import Foundation
import Testing

@testable import AtollCommand

/// What needs no process.
@Suite struct TerminalTests {
  private func wrapped(_ text: StyledText, _ width: Int, indent: Int = 0) -> [String] {
    text.wrapped(width: width, indent: indent).map(\.plain)
  }

  @Test func `text is wrapped at blanks, under itself, and long words are kept whole`() {
    #expect(wrapped("one two three", 8) == ["one two", "three"])
    #expect(wrapped("one two three", 80) == ["one two three"])
    #expect(
      wrapped("next   atoll run a/very/long/path.yaml now", 20, indent: 7)
        == ["next   atoll run", "       a/very/long/path.yaml", "       now"])
    #expect(wrapped("over 4.6\u{A0}kB", 10) == ["over", "4.6\u{A0}kB"])
    #expect(wrapped("", 10) == [""])
  }

  @Test func `styles survive wrapping, and show only where there is colour`() {
    let text: StyledText = "\("error:", .error) no \("such thing", .dim)"
    var terminal = Terminal()
    #expect(text.wrapped(width: 13, indent: 2).map { terminal.render($0) } == ["error: no", "  such thing"])
    terminal.hasColour = true
    #expect(
      text.wrapped(width: 13, indent: 2).map { terminal.render($0) } == [
        "\u{1B}[1;31merror:\u{1B}[0m no", "  \u{1B}[2msuch thing\u{1B}[0m",
      ])
  }

  @Test func `numbers end and names begin on the same column`() {
    let table = TextTable(
      [.text("site"), .number("rows"), .number("change", gap: 4), .text("remark")],
      rows: [["a", "1,000", "+0.1", ""], ["long name", "9", "−0.25", "unclear"]])
    #expect(
      table.lines(for: Terminal()).map(\.plain) == [
        "site         rows    change   remark",
        "a           1,000      +0.1",
        "long name       9     −0.25   unclear",
      ])
    var ascii = Terminal()
    ascii.hasUnicode = false
    #expect(table.lines(for: ascii).last?.plain == "long name       9     -0.25   unclear")
  }

  @Test func `a table whose rows come one by one stays in its columns`() {
    let table = TextTable([.number("round", width: 5), .number("loss", width: 6), .text("absent")])
    #expect(table.header(for: Terminal()).plain == "round     loss   absent")
    #expect(table.row(["12", "0.412", "dalen"], for: Terminal()).plain == "   12    0.412   dalen")
    #expect(
      table.row(["12", "1,234,567.000", "dalen"], for: Terminal()).plain == "   12  1,234,567.000   dalen")
  }

  @Test func `the environment decides width, colour and signs`() {
    let plain = Terminal(of: 1, environment: ["COLUMNS": "132", "LANG": "en_GB.UTF-8"])
    #expect(plain.width == 132 && plain.isWide && plain.hasUnicode && plain.textWidth == 100)
    #expect(Terminal(of: 1, environment: ["COLUMNS": "3"]).width == Terminal.narrowest)
    #expect(!Terminal(of: 1, environment: ["LC_ALL": "C", "LANG": "en_GB.UTF-8"]).hasUnicode)
    #expect(Terminal(of: 1, environment: ["LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"]).hasUnicode)
  }

  @Test func `signs become words without UTF-8, and nothing obeyed by a terminal is left`() {
    var terminal = Terminal()
    #expect(terminal.spell("a\u{1B}[2J\u{202E}b\tc").plain == "a\u{FFFD}[2J\u{FFFD}b c")
    terminal.hasUnicode = false
    #expect(
      terminal.spell("ε = 1 ± 0.5 at δ … ✓ ✗ −3 “x”").plain
        == "epsilon = 1 +- 0.5 at delta ... ok no -3 \"x\"")
  }

  @Test func `what is cut off is marked as the terminal can`() {
    var terminal = Terminal()
    #expect(terminal.truncated("one two three", to: 8).plain == "one two…")
    terminal.hasUnicode = false
    #expect(terminal.truncated("one two three", to: 8).plain == "one t...")
    #expect(terminal.truncated("“a…” b", to: 80).plain == "\"a...\" b")
  }

  @Test func `who does not look at a terminal gets a sign of life now and then`() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let patient = Channel(ends[1], Terminal(), patience: .seconds(3600))
    patient.show(live: "reading a.csv, 1 %")
    let impatient = Channel(ends[1], Terminal(), patience: .zero)
    impatient.show(live: "reading a.csv, 2 %")
    impatient.show(live: nil)
    close(ends[1])
    let text = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd() ?? Data()
    #expect(String(decoding: text, as: UTF8.self) == "reading a.csv, 2 %\n")
  }

  @Test func `figures that stand together have the decimals of the largest`() {
    let errors = [84_990.41, 108_075.2]
    #expect(errors.map { Figure.metric($0, like: errors) } == ["84,990", "108,075"])
    #expect(Figure.metric(16.1664, like: [31_673.8]) == "16.2")
    #expect(Figure.change(-0.0001, like: [0.97, nil]) == "+0.000")
  }

  @Test func `figures`() {
    #expect(
      Figure.grouped(1_234_567) == "1,234,567" && Figure.grouped(-1000) == "−1,000"
        && Figure.grouped(0) == "0")
    #expect(
      Figure.metric(0.99449) == "0.994" && Figure.metric(nil) == "–" && Figure.metric(0.9995) == "1.000")
    #expect(Figure.metric(99_999.94) == "99,999.9" && Figure.metric(-103_144.2) == "−103,144")
    #expect(Figure.metric(10_683_738_838) == "1.07e10" && Figure.metric(99_999_999) == "1.00e8")
    #expect(Figure.metric(.infinity) == "infinite" && Figure.change(7147.2) == "+7,147.2")
    #expect(Figure.fixed(-0.0004, 3) == "0.000" && Figure.fixed(-0.0005, 3) == "−0.001")
    #expect(Figure.fixed(1234.5, 1) == "1,234.5" && Figure.fixed(.nan, 1) == "undefined")
    #expect(
      Figure.change(0.04) == "+0.040" && Figure.change(-0.002) == "−0.002"
        && Figure.change(-0.0001) == "+0.000")
    #expect(Figure.bytes(999) == "999\u{A0}B" && Figure.bytes(4_612) == "4.6\u{A0}kB")
    #expect(Figure.bytes(999_960) == "1.0\u{A0}MB" && Figure.bytes(1_040_000) == "1.0\u{A0}MB")
    #expect(
      Figure.percent(0.087) == "8.7\u{A0}%" && Figure.count(1, "row") == "1 row"
        && Figure.count(0, "row") == "0 rows")
    #expect(
      Figure.wait(seconds: 599) == "9\u{A0}min\u{A0}59\u{A0}s"
        && Figure.duration(seconds: 2.34) == "2.3\u{A0}s")
  }

  @Test func `JSON has sorted keys and escapes what it must`() {
    let value: JSON = ["b": 1, "a": ["x\"\n\u{1}", .number(.nan), .number(0.1), .null, true]]
    #expect(value.text == #"{"a":["x\"\n\u0001",null,0.1,null,true],"b":1}"#)
    #expect(JSON.compacted("{ \"a b\" : [ 1,\n 2 ], \"c\\\" d\": {} }") == #"{"a b":[1,2],"c\" d":{}}"#)
  }

  @Test func `words for the shell`() {
    #expect(Shell.quoted("a/b-c_1.csv") == "a/b-c_1.csv")
    #expect(
      Shell.quoted("my file") == "'my file'" && Shell.quoted("it's") == #"'it'\''s'"#
        && Shell.quoted("") == "''")
  }
}
