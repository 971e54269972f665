import Testing

@testable import AtollReport

@Suite struct `Markup` {
  @Test(arguments: [
    ("</script><script>alert(1)</script>", "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
    (#""><img src=x onerror=alert(1)>"#, "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"),
    ("' onload='x", "&#39; onload=&#39;x"), ("a & b &amp; c", "a &amp; b &amp;amp; c"),
    ("tab\tand\nline", "tab\tand\nline"), ("nul\u{0}, bell\u{7}", "nul\u{FFFD}, bell\u{FFFD}"),
    ("evil\u{202E}cod.exe", "evil\u{FFFD}cod.exe"), ("Åse Žižek 東京 🏥", "Åse Žižek 東京 🏥"),
  ])
  func `escapes whatever is put into it`(text: String, escaped: String) {
    let html: HTML = "<b title=\"\(text)\">\(text)</b>"
    #expect(html.markup == "<b title=\"\(escaped)\">\(escaped)</b>")
  }

  @Test func `keeps markup that is put into markup`() {
    let text = "a<b"
    let name: HTML = "<b>\(text)</b>"
    let list: HTML = "<p>\([name, name])</p>"
    #expect(list.markup == "<p><b>a&lt;b</b><b>a&lt;b</b></p>")
  }

  @Test(arguments: [true, false])
  func `takes a literal in an interpolation for markup`(isWide: Bool) {
    let cell: HTML = "<td\(isWide ? " class=\"wide\"" : "")>"
    #expect(cell.markup == (isWide ? "<td class=\"wide\">" : "<td>"))
  }

  @Test(arguments: [
    (0.0, "0"), (12, "12"), (0.5, "0.5"), (33.333, "33.33"), (0.07, "0.07"), (-1.256, "-1.26"), (-0.001, "0"),
    (1e12, "1000000"),
  ])
  func `writes coordinates short and without exponents`(number: Double, text: String) {
    let html: HTML = "\(at: number)"
    #expect(html.markup == text)
  }
}
