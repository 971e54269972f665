import AtollLearning
import AtollNumerics

/// What `atoll data check` says about a table.
struct TableReport {
  let profile: TableProfile
  let file: String
  let label: String?
  let include: Set<String>

  init(_ profile: TableProfile, file: String, label: String?, include: Set<String>) {
    self.profile = profile
    self.file = file
    self.label = label
    self.include = include
  }

  /// A part of the table of columns.
  enum Line {
    case rows(TextTable)
    case remark(String)
  }

  /// `6,480 rows, 22 columns, 1.9 MB`
  var size: String {
    [
      Figure.count(profile.rowCount, "row"), Figure.count(profile.columns.count, "column"),
      Figure.bytes(profile.byteCount),
    ].joined(separator: ", ")
  }

  // MARK: What can be learnt from

  /// Whether a column is learnt from unless a task says otherwise.
  func isFeature(_ column: TableProfile.Column) -> Bool {
    guard column.name != label else { return false }
    if include.contains(column.name) { return true }
    return column.type == .number || column.type == .category || column.type == .yesNo
  }

  private var features: [TableProfile.Column] { profile.columns.filter(isFeature) }
  private var leftOut: [TableProfile.Column] {
    profile.columns.filter { !isFeature($0) && $0.name != label }
  }
  private var numbers: Int { features.count { $0.kind != .category } }

  /// `18 features ready: 16 numbers, 2 categories. Left out: 3.`
  var verdict: String {
    var kinds: [String] = []
    if numbers > 0 { kinds.append(Figure.count(numbers, "number")) }
    if features.count > numbers {
      kinds.append(Figure.count(features.count - numbers, "category", "categories"))
    }
    let ready =
      features.isEmpty
      ? "No column can be learnt from."
      : "\(Figure.count(features.count, "feature")) ready: \(kinds.joined(separator: ", "))."
    let tooMany =
      features.count > ColumnReport.mostColumns
      ? " At most \(Figure.grouped(ColumnReport.mostColumns)) can be learnt from: a task has to list them under data.features."
      : ""
    return ready + tooMany + (leftOut.isEmpty ? "" : " Left out: \(Figure.grouped(leftOut.count)).")
  }

  /// Whether a task could be made of this table as it is.
  var canBeLearntFrom: Bool { !features.isEmpty }

  /// What a person should know before these data are used.
  var warnings: [String] {
    var warnings: [String] = []
    for column in profile.columns {
      let share = missingShare(column)
      if column.name == label {
        if column.missing > 0 {
          warnings.append(
            "\(column.name), the label, is missing in \(Figure.percent(share)) of rows; they are left out")
        }
        if column.type == .constant {
          warnings.append(
            "\(column.name), the label, has one value only: alone, nothing can be learnt from this table")
        }
        if column.type == .identifier {
          warnings.append("\(column.name), the label, \(column.reason ?? "looks like an identifier")")
        }
      } else if isFeature(column), share >= 0.05 {
        let filling = column.kind == .category ? "the most frequent value" : "the mean"
        warnings.append(
          "\(column.name) is missing in \(Figure.percent(share)) of rows; it is filled with \(filling)")
      } else if column.type == .date, !include.contains(column.name) {
        warnings.append("\(column.name) is a date; it is left out unless asked for (--include)")
      }
    }
    return warnings
  }

  /// Cells that would be refused when the table is read.
  var failure: Failure? {
    let faults = profile.columns.filter { isFeature($0) || $0.name == label }.compactMap(\.fault)
    guard let first = faults.first else { return nil }
    var failure = Failure(first, readsTask: false)
    for fault in faults.dropFirst() { failure.faults += Failure(fault, readsTask: false).faults }
    return failure.adding(undone: "The other columns are as shown; this table cannot be learnt from yet.")
  }

  private func missingShare(_ column: TableProfile.Column) -> Double {
    profile.rowCount > 0 ? Double(column.missing) / Double(profile.rowCount) : 0
  }

  // MARK: The table

  /// Columns shown of those that need no remark, unless all are wanted.
  private static let shown = 8

  /// The label first, then what is learnt from, then what is not.
  func table(isWide: Bool, all: Bool) -> [Line] {
    let first = profile.columns.filter { $0.name == label }
    var usable = features
    var elided: [TableProfile.Column] = []
    if !all, usable.count > Self.shown + 2 {
      var room = Self.shown
      elided = usable.filter { column in
        if isNotable(column) { return false }
        room -= 1
        return room < 0
      }
      let names = Set(elided.map(\.name))
      usable.removeAll { names.contains($0.name) }
    }
    // One table, so that its columns stand below each other; the remark goes between its lines.
    let rows = (first + usable + leftOut).map { isWide ? wideRow($0) : row($0) }
    let columns = isWide ? wideColumns : self.columns
    guard !elided.isEmpty else { return [.rows(TextTable(columns, rows: rows))] }
    let split = first.count + usable.count
    var upper = TextTable(columns, rows: rows)
    var lower = upper
    upper.visible = 0..<split
    lower.visible = split..<rows.count
    lower.showsHeader = false
    let kinds =
      elided.contains { $0.kind == .category }
      ? elided.contains { $0.kind != .category } ? "numbers and categories" : "categories" : "numbers"
    let remark = "… \(Figure.grouped(elided.count)) more \(kinds), all usable (--all shows them)"
    return [.rows(upper), .remark(remark)] + (split < rows.count ? [.rows(lower)] : [])
  }

  private func isNotable(_ column: TableProfile.Column) -> Bool {
    missingShare(column) >= 0.05 || column.fault != nil
  }

  private var columns: [TextTable.Column] {
    [.text("column"), .text("type"), .number("missing"), .text("values")]
  }

  private func row(_ column: TableProfile.Column) -> [StyledText] {
    [
      StyledText(column.name), StyledText(column.type.rawValue), StyledText(missing(column)),
      StyledText(
        ColumnWords(column, rows: profile.rowCount).values(
          isLabel: column.name == label, isFeature: isFeature(column))),
    ]
  }

  private var wideColumns: [TextTable.Column] {
    [
      .text("column"), .text("type"), .number("missing"), .number("minimum"), .number("median"),
      .number("mean"), .number("maximum"), .number("distinct"), .text("remarks"),
    ]
  }

  private func wideRow(_ column: TableProfile.Column) -> [StyledText] {
    let words = ColumnWords(column, rows: profile.rowCount)
    let range = words.range ?? ["", "", "", ""]
    return [StyledText(column.name), StyledText(column.type.rawValue), StyledText(missing(column))]
      + range.map { StyledText($0) }
      + [
        StyledText((column.hasMoreDistinct ? "> " : "") + Figure.grouped(column.distinct)),
        StyledText(words.remark(isLabel: column.name == label, isFeature: isFeature(column))),
      ]
  }

  private func missing(_ column: TableProfile.Column) -> String {
    guard column.missing > 0 else { return "0" }
    let share = missingShare(column)
    return share < 0.0005 ? "<0.1 %" : share > 0.9995 && share < 1 ? ">99.9 %" : Figure.percent(share)
  }

  // MARK: Events

  func emit(on console: Console) {
    console.emit(
      "table",
      [
        "file": .string(file), "rows": .integer(profile.rowCount), "columns": .integer(profile.columns.count),
        "bytes": .integer(profile.byteCount), "delimiter": .string(String(profile.delimiter)),
      ])
    for column in profile.columns {
      var fields: [String: JSON] = [
        "name": .string(column.name), "type": .string(column.type.rawValue),
        "missing": .integer(column.missing), "distinct": .integer(column.distinct),
        "distinct_is_lower_bound": .bool(column.hasMoreDistinct), "feature": .bool(isFeature(column)),
        "label": .bool(column.name == label),
        "frequent": .array(
          column.frequent.map { ["value": .string($0.value), "rows": .integer($0.count)] }),
      ]
      if let range = column.range {
        fields["minimum"] = .number(range.minimum)
        fields["maximum"] = .number(range.maximum)
        fields["mean"] = .number(range.mean)
        fields["median"] = .number(range.median)
        fields["median_is_estimate"] = .bool(!range.isMedianExact)
      }
      fields["reason"] = column.reason.map { .string($0) }
      fields["fault"] = column.fault.map { .string($0.description) }
      console.emit("column", fields)
    }
    for warning in warnings { console.emit("warning", ["message": .string(warning)]) }
    console.emit(
      "checked",
      [
        "features": .integer(features.count), "numbers": .integer(numbers),
        "categories": .integer(features.count - numbers),
        "left_out": .array(leftOut.map { .string($0.name) }),
      ])
  }
}
