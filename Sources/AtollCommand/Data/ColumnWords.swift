import AtollLearning
import AtollNumerics

/// One column of a table in a few words.
struct ColumnWords {
  let column: TableProfile.Column
  let rows: Int

  init(_ column: TableProfile.Column, rows: Int) {
    self.column = column
    self.rows = rows
  }

  /// `18 … 101, mean 63.4`, `7 values: med, surg, icu, …`, `left out: looks like names`
  func values(isLabel: Bool, isFeature: Bool) -> String {
    if isLabel { return "label: \(labelWords)" }
    return isFeature ? content : "left out: \(column.reason ?? content)"
  }

  /// What figures of numbers do not say already.
  func remark(isLabel: Bool, isFeature: Bool) -> String {
    if isLabel { return "label" + (range == nil || column.type == .yesNo ? ": \(labelWords)" : "") }
    guard isFeature else {
      return "left out" + (column.reason.map { ": \($0)" } ?? "")
    }
    // How many values there are has a column of its own.
    return column.type == .number || column.kind == .date ? "" : column.type == .category ? names : content
  }

  private var labelWords: String {
    switch column.type {
    case .category where !column.hasMoreDistinct && column.distinct <= 5:
      column.frequent.map { "\($0.value) \(Figure.percent(share($0.count)))" }.joined(separator: ", ")
    default: content
    }
  }

  private var content: String {
    switch column.type {
    case .empty: "no value in any row"
    case .constant: "one value only: \(column.frequent.first.map { short($0.value) } ?? "")"
    case .yesNo:
      if let yes = column.frequent.first(where: { Self.isYes($0.value) }) {
        "\(Figure.percent(share(yes.count))) \(yes.value.first?.isLetter == true ? "" : "are ")\(yes.value)"
      } else {
        categories
      }
    case .category, .identifier: column.range == nil ? categories : span
    case .number, .date: span
    }
  }

  private var span: String {
    guard let range else { return "" }
    if column.kind == .date { return "\(range[0]) … \(range[3])" }
    return "\(range[0]) … \(range[3]), mean \(range[2])"
  }

  private var categories: String {
    (column.hasMoreDistinct ? "over " : "") + Figure.count(column.distinct, "value") + ": " + names
  }

  /// The most frequent values.
  private var names: String {
    let shown = column.frequent.prefix(3).map { short($0.value) }
    return (shown + (column.distinct > shown.count ? ["…"] : [])).joined(separator: ", ")
  }

  private func share(_ count: Int) -> Double {
    let present = rows - column.missing
    return present > 0 ? Double(count) / Double(present) : 0
  }

  private func short(_ text: String) -> String { text.count > 16 ? text.prefix(15) + "…" : text }

  private static func isYes(_ value: String) -> Bool {
    ["1", "yes", "y", "true", "t", "ja", "oui", "positive", "+", "on"].contains(value.lowercased())
  }

  /// Minimum, median, mean and maximum as text, all with decimals that suit the spread; nil without numbers.
  var range: [String]? {
    guard let range = column.range else { return nil }
    if column.kind == .date {
      var texts = [range.minimum, range.median, range.mean, range.maximum].map { CalendarDate.text(days: $0) }
      if !range.isMedianExact { texts[1] = "~" + texts[1] }
      return texts
    }
    let bounds = [range.minimum, range.maximum]
    let decimals = Self.decimals(for: range.maximum - range.minimum, at: max(-range.minimum, range.maximum))
    let isWhole = bounds.allSatisfy { $0 == $0.rounded() && $0.magnitude < 1e12 }
    func text(_ number: Double, whole: Bool) -> String {
      guard number.magnitude < 1e12, number.isFinite else { return "\(number)".replacing("-", with: "−") }
      return Figure.fixed(number, whole ? 0 : decimals)
    }
    return [
      text(range.minimum, whole: isWhole),
      (range.isMedianExact ? "" : "~")
        + text(range.median, whole: isWhole && range.median == range.median.rounded()),
      text(range.mean, whole: false), text(range.maximum, whole: isWhole),
    ]
  }

  /// Three significant digits of the spread, one decimal at least.
  private static func decimals(for spread: Double, at magnitude: Double) -> Int {
    var step = spread > 0 ? spread : magnitude
    guard step > 0, step.isFinite else { return 1 }
    var decimals = 2
    while step >= 10, decimals > 1 {
      step /= 10
      decimals -= 1
    }
    while step < 1, decimals < 9 {
      step *= 10
      decimals += 1
    }
    return decimals
  }
}
