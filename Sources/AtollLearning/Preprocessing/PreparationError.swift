/// Why data cannot be made ready for a model: one clear sentence, and the column or participant it is about.
public struct PreparationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of mistake it is.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case unknownColumn, kindMismatch, disagreement, noFeatures, label, levels, scale, noValues,
        contradiction
      case notLocalized, split, partition
    }
    private let value: Value
    /// A column that is asked for is not there.
    public static let unknownColumn = Code(value: .unknownColumn)
    /// Text where numbers are needed, or data that do not fit the model.
    public static let kindMismatch = Code(value: .kindMismatch)
    /// The participants' tables do not agree.
    public static let disagreement = Code(value: .disagreement)
    /// No column is left to learn from.
    public static let noFeatures = Code(value: .noFeatures)
    /// The label has a single class, or a value that is none of the classes.
    public static let label = Code(value: .label)
    /// Too many or too long category levels.
    public static let levels = Code(value: .levels)
    /// Numbers too large or too small to be added exactly.
    public static let scale = Code(value: .scale)
    /// A column without a value in any training row.
    public static let noValues = Code(value: .noValues)
    /// Answers that contradict each other: no honest participant sends them.
    public static let contradiction = Code(value: .contradiction)
    /// The preprocessing is fitted by each site, and has not been fitted here.
    public static let notLocalized = Code(value: .notLocalized)
    /// Rows cannot be split into training and test rows as asked.
    public static let split = Code(value: .split)
    /// Rows cannot be shared out among participants as asked.
    public static let partition = Code(value: .partition)
  }

  /// What kind of mistake it is, for programs.
  public let code: Code
  /// What is wrong, one sentence.
  public let message: String
  /// The column that the error is about, where there is one.
  public let column: String?

  public init(_ code: Code, _ message: String, column: String? = nil) {
    self.code = code
    self.message = message
    self.column = column
  }

  public var description: String { message }

  /// - Parameters:
  ///   - name: the one class that there is.
  ///   - column: the label; nil for images.
  package static func singleClass(_ name: String?, of column: String?) -> PreparationError {
    let label = column.map { "the label \(quoted($0)) has" } ?? "the labels have"
    return PreparationError(
      .label,
      """
      \(label) a single class over all participants\(name.map { ": \(quoted($0))" } ?? ""); there is nothing to \
      tell apart
      """, column: column)
  }

  /// A column that is not in a table: says which ones are, and which one was probably meant.
  static func unknownColumn(_ name: String, as role: String, among names: [String]) -> PreparationError {
    let nearest = nearestName(to: name, among: names)
    let rest = nearest.map { "did you mean \(quoted($0))? The columns are" } ?? "the columns are"
    return PreparationError(
      .unknownColumn, "there is no column \(quoted(name)) (\(role)); \(rest) \(listed(names))", column: name)
  }
}

/// The name that a person probably meant: the one with the fewest single-letter edits, if they are few.
///
/// Upper and lower case count as equal; ties go to the first. Where every letter differs, nothing was meant.
package func nearestName(to name: String, among names: [String]) -> String? {
  let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
  let allowed = max(1, min(3, wanted.count / 3))
  var best: (name: String, edits: Int)?
  for candidate in names {
    let edits = editDistance(wanted, Array(candidate.lowercased().unicodeScalars.prefix(64)))
    let isAlike = edits <= allowed && edits < max(wanted.count, candidate.unicodeScalars.count)
    if isAlike, edits < best?.edits ?? .max { best = (candidate, edits) }
  }
  return best?.name
}

/// Levenshtein's distance: insertions, deletions and replacements.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
  var previous = Array(0...right.count)
  for (row, scalar) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      current.append(
        min(previous[column + 1] + 1, current[column] + 1, previous[column] + (scalar == other ? 0 : 1)))
    }
    previous = current
  }
  return previous[right.count]
}
