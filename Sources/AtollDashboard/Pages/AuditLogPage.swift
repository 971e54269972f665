import AtollNumerics
import AtollReport
import AtollServer

/// Who did what.
struct AuditLogPage {
  let log: AuditPage

  var page: Page {
    Page(
      title: "Audit log", place: .audit,
      main: [
        Part(id: "title", element: "div", attributes: "class=\"title\"", content: title),
        Part(id: "all", attributes: "class=\"panel\" aria-label=\"Audit log\"", content: content),
      ])
  }

  private var title: HTML {
    let state: HTML =
      log.firstBroken.map { number in
        Sign.cross.with(
          "Entry \(Figure.grouped(number)) does not follow from the one before: the log was changed.")
      } ?? Sign.full.with("Each entry has the SHA-256 of the one before, and all of them agree.")
    return "<h1>Audit log</h1><p>\(state)</p>"
  }

  private var content: HTML {
    guard !log.lines.isEmpty else { return "<p class=\"quiet\">Nothing is written here yet.</p>" }
    let older: HTML =
      log.next.map { "<p class=\"older\"><a href=\"/audit?before=\($0)\">Older entries</a></p>" } ?? ""
    return """
      <table class="stack told"><thead><tr><th scope="col" class="text">number</th><th scope="col" class="text">time, UTC</th>\
      <th scope="col" class="text">who</th><th scope="col" class="text">did what</th>\
      <th scope="col" class="text">to what</th></tr></thead><tbody>\(log.lines.map(row))</tbody></table>\(older)
      """
  }

  private func row(_ line: AuditPage.Line) -> HTML {
    """
    <tr><th scope="row" class="text">\(line.number)</th>\
    <td class="text" data-is="time">\(Times.minute(line.time))</td>\
    <td class="text wrap" data-is="who">\(line.actor)</td><td class="text" data-is="did what">\(line.action)</td>\
    <td class="text wrap whole">\(line.subject)</td></tr>

    """
  }
}
