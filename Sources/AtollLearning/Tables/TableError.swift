/// What is wrong with a table or another file of data: one clear sentence, and where.
///
/// `description` is what a person reads; its first line begins with the place, as `file:line:column`:
///
///     sites/marien.csv:1204:7: “12,4” is not a number (column lactate)
///     3 more rows have the same fault: 1877, 2950, 3311
public struct TableError: Error, Hashable, Sendable {
  /// The kind of fault, for programs.
  public var code: Code
  /// What is wrong, without the place; no full stop at the end.
  public var message: String
  /// Where it is wrong.
  public var location: Location
  /// Physical lines of further rows with the same fault in the same column: the first few of them.
  public var alsoLines: [Int]
  /// How many further rows have the same fault.
  public var alsoCount: Int
  /// What a person can do about it, where there is something to say.
  public var remedy: Remedy?

  public init(
    _ code: Code, _ message: String, at location: Location, alsoLines: [Int] = [], alsoCount: Int = 0,
    remedy: Remedy? = nil
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.alsoLines = alsoLines
    self.alsoCount = alsoCount
    self.remedy = remedy
  }

  /// What a person can do.
  public enum Remedy: Hashable, Sendable {
    /// A question or a clause: `did you mean age?`
    case words(String)
    /// To say more about how the file is written, behind words that end in “or” or a colon. A task file and a command
    /// line spell the setting each in their own way.
    case setting(String, Setting)
  }

  /// A part of ``TableFormat``, with the value that would help.
  public enum Setting: Hashable, Sendable, CustomStringConvertible {
    /// The columns' names, where the file has no header line.
    case columns
    /// What stands before the fraction of a number.
    case decimal(TableFormat.DecimalMark)
    /// A text that stands for “not known”.
    case missingValue(String)

    /// As a task file spells it, under `data`.
    public var description: String {
      switch self {
      case .columns: "columns: [age, sex, …]"
      case .decimal(let mark): "decimal: \(mark.rawValue)"
      case .missingValue(let text): "missing-values: ['', NA, \(text)]"
      }
    }
  }

  /// A place in a file.
  public struct Location: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it.
    public var file: String
    /// Physical line, from 1: a quoted field may hold line ends, and they count.
    public var line: Int?
    /// Number of the field in its row, from 1.
    public var column: Int?

    public init(file: String, line: Int? = nil, column: Int? = nil) {
      self.file = file
      self.line = line
      self.column = column
    }

    public var description: String {
      [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
    }
  }

  /// The kinds of fault; later versions may add some.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case empty, noRows, headerless, unnamedColumn, duplicateColumn, tooManyColumns
      case raggedRow, unterminatedQuote, textAfterQuote, invalidUTF8, nulByte, fieldTooLong
      case notANumber, notFinite, outOfBounds, notADate, unknownCategory, tooManyCategories
      case missingColumn, invalidSchema, unequalColumns, malformedArray
    }

    private let kind: Kind
    public var description: String { kind.rawValue }

    /// The file has no bytes, or blanks only.
    public static let empty = Code(kind: .empty)
    /// A header line without rows.
    public static let noRows = Code(kind: .noRows)
    /// The first line holds numbers where names were expected.
    public static let headerless = Code(kind: .headerless)
    /// A column has no name.
    public static let unnamedColumn = Code(kind: .unnamedColumn)
    /// Two columns have one name.
    public static let duplicateColumn = Code(kind: .duplicateColumn)
    /// More columns than `CSVLimits.columns`.
    public static let tooManyColumns = Code(kind: .tooManyColumns)
    /// A row has more or fewer fields than there are columns.
    public static let raggedRow = Code(kind: .raggedRow)
    /// A quoted field is never closed.
    public static let unterminatedQuote = Code(kind: .unterminatedQuote)
    /// Text between a closing quote and the next delimiter.
    public static let textAfterQuote = Code(kind: .textAfterQuote)
    /// Bytes that are not UTF-8.
    public static let invalidUTF8 = Code(kind: .invalidUTF8)
    /// A zero byte, as in a binary file.
    public static let nulByte = Code(kind: .nulByte)
    /// A field longer than `CSVLimits.fieldBytes`.
    public static let fieldTooLong = Code(kind: .fieldTooLong)
    /// Text in a column of numbers.
    public static let notANumber = Code(kind: .notANumber)
    /// NaN, infinity or a number beyond the range of `Double`.
    public static let notFinite = Code(kind: .notFinite)
    /// A number outside the bounds declared for its column.
    public static let outOfBounds = Code(kind: .outOfBounds)
    /// Text in a column of dates.
    public static let notADate = Code(kind: .notADate)
    /// A value that is none of the levels declared for its column.
    public static let unknownCategory = Code(kind: .unknownCategory)
    /// A column of categories with more than `CSVLimits.levels` different values.
    public static let tooManyCategories = Code(kind: .tooManyCategories)
    /// A column that was asked for is not there.
    public static let missingColumn = Code(kind: .missingColumn)
    /// A declaration contradicts itself.
    public static let invalidSchema = Code(kind: .invalidSchema)
    /// Columns of unequal length, or of unlike kinds where they must agree.
    public static let unequalColumns = Code(kind: .unequalColumns)
    /// Bytes that are no IDX array.
    public static let malformedArray = Code(kind: .malformedArray)
  }
}

extension TableError: CustomStringConvertible {
  public var description: String {
    let first = "\(location): \(message)"
    guard alsoCount > 0 else { return first }
    let lines = alsoLines.map(String.init) + (alsoLines.count < alsoCount ? ["…"] : [])
    let rows = alsoCount == 1 ? "1 more row has" : "\(grouped(alsoCount)) more rows have"
    return first + "\n\(rows) the same fault: \(lines.joined(separator: ", "))"
  }
}

/// Remembers the first fault of a table, and on which other lines it occurs, while the reader goes on.
struct FaultLog {
  private(set) var first: TableError?
  private static let linesNamed = 8

  mutating func note(_ fault: TableError) {
    guard first != nil else { return first = fault }
    guard first?.code == fault.code, first?.location.column == fault.location.column else { return }
    first?.alsoCount += 1
    if let line = fault.location.line, first?.alsoLines.count ?? 0 < Self.linesNamed {
      first?.alsoLines.append(line)
    }
  }

  func throwFirst() throws(TableError) {
    if let first { throw first }
  }
}

/// The bytes of a field between typographic quotes: cut to 40 characters, control characters replaced, so
/// that no file can write into the terminal of who reads the error.
func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  quoted(String(decoding: bytes.prefix(256), as: UTF8.self))
}

func quoted(_ text: String) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars.prefix(40) {
    let category = scalar.properties.generalCategory
    shown.append(category == .control || category == .format ? "\u{FFFD}" : scalar)
  }
  return "“\(String(shown))\(text.unicodeScalars.count > 40 ? "…" : "")”"
}
