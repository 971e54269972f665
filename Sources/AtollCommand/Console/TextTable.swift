/// Columns of figures and names without boxes: numbers end on the same column, names begin on the same column.
struct TextTable {
  enum Alignment: Sendable { case leading, trailing }

  struct Column: Sendable {
    var title: StyledText
    var alignment: Alignment
    /// Columns of the terminal that it takes at least: for tables whose rows are not known beforehand.
    var minimumWidth: Int
    /// Blanks before it; at least two.
    var gap: Int

    /// Names and other texts.
    static func text(_ title: StyledText, width: Int = 0, gap: Int = 3) -> Column {
      Column(title: title, alignment: .leading, minimumWidth: width, gap: max(2, gap))
    }

    /// Figures.
    static func number(_ title: StyledText, width: Int = 0, gap: Int = 3) -> Column {
      Column(title: title, alignment: .trailing, minimumWidth: width, gap: max(2, gap))
    }
  }

  let columns: [Column]
  var rows: [[StyledText]]
  /// Blanks before every line.
  var margin = 0
  /// The rows that are printed; the others only decide how wide columns are. Nil: all.
  var visible: Range<Int>?
  var showsHeader = true

  init(_ columns: [Column], rows: [[StyledText]] = [], margin: Int = 0) {
    self.columns = columns
    self.rows = rows
    self.margin = margin
  }

  /// The header and the rows.
  func lines(for terminal: Terminal) -> [StyledText] {
    let widths = widths(for: terminal)
    let header = showsHeader ? [line(columns.map(\.title), widths, terminal)] : []
    let lines = header + rows[visible ?? rows.indices].map { line($0, widths, terminal) }
    guard columns.last?.alignment == .leading else { return lines }
    // Texts in the last column are wrapped under themselves, where there is room for that.
    let before = zip(columns, widths).dropLast().reduce(0) { $0 + $1.0.gap + $1.1 }
    let start = margin + before + (columns.last?.gap ?? 0) - (columns.first?.gap ?? 0)
    guard start <= terminal.width - Self.narrowestText else { return lines }
    return lines.flatMap { $0.wrapped(width: terminal.width, indent: start) }
  }

  private static let narrowestText = 16

  /// The header alone, where rows come one by one: columns are as wide as their titles and minimums.
  func header(for terminal: Terminal) -> StyledText {
    line(columns.map(\.title), TextTable(columns, margin: margin).widths(for: terminal), terminal)
  }

  /// One row under ``header(for:)``.
  func row(_ cells: [StyledText], for terminal: Terminal) -> StyledText {
    line(cells, TextTable(columns, margin: margin).widths(for: terminal), terminal)
  }

  private func widths(for terminal: Terminal) -> [Int] {
    columns.enumerated().map { index, column in
      let cells = rows.compactMap { $0.indices.contains(index) ? terminal.spell($0[index]).width : nil }
      return ([column.minimumWidth, terminal.spell(column.title).width] + cells).max() ?? 0
    }
  }

  private func line(_ cells: [StyledText], _ widths: [Int], _ terminal: Terminal) -> StyledText {
    var line = StyledText.blanks(margin)
    var owed = 0
    for (index, cell) in cells.prefix(columns.count).enumerated() {
      let column = columns[index]
      let cell = terminal.spell(cell)
      let blanks = widths[index] - cell.width
      if index > 0 { owed += column.gap }
      if column.alignment == .trailing { owed += blanks }
      // A figure too wide for a column of fixed width still stands apart.
      if index > 0 { owed = max(owed, 2) }
      // Blanks at the end of a line are never written.
      if !cell.isEmpty {
        line += .blanks(owed) + cell
        owed = 0
      }
      if column.alignment == .leading { owed += blanks }
    }
    return line
  }
}
