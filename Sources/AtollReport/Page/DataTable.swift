/// The numbers of a chart, for whoever would rather read them: below it, folded away.
package struct DataTable {
  struct Column {
    let title: String
    /// Text begins at the left, numbers end at the right.
    var isText = false
  }

  let title: String
  /// The first column names the row.
  let columns: [Column]
  var rows: [[String]]
  /// A last row that sums the others up.
  var total: [String]?
  /// What a reader should know, such as which rows are left out.
  var note: String?

  /// - Parameter columns: titles; numbers but for the first.
  package init(
    _ title: String, columns: [String], texts: Set<Int> = [0], rows: [[String]], total: [String]? = nil,
    note: String? = nil
  ) {
    self.title = title
    self.columns = columns.enumerated().map { Column(title: $1, isText: texts.contains($0)) }
    self.rows = rows
    self.total = total
    self.note = note
  }

  /// The table alone, in a box that scrolls where it is too wide.
  package var table: HTML {
    let head = columns.map { column -> HTML in
      "<th scope=\"col\"\(mark(column))>\(column.title)</th>"
    }
    let body = rows.map { "<tr>\(cells($0))</tr>\n" as HTML }
    let foot: HTML = total.map { "<tr class=\"sum\">\(cells($0))</tr>\n" } ?? ""
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(title)"><table>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)\(foot)</tbody></table></div>
      """
  }

  /// The table, folded away under its title.
  package var folded: HTML {
    """
    <details class="data"><summary>\(title), as a table</summary>
    \(table)\(note.map { "\n<p class=\"note\">\($0)</p>" } ?? "")
    </details>
    """
  }

  private func cells(_ texts: [String]) -> [HTML] {
    zip(columns, texts).enumerated().map { index, cell in
      let mark = mark(cell.0)
      return index == 0 ? "<th scope=\"row\"\(mark)>\(cell.1)</th>" : "<td\(mark)>\(cell.1)</td>"
    }
  }

  private func mark(_ column: Column) -> HTML { column.isText ? " class=\"text\"" : "" }
}
