public import AtollLearning
import AtollNumerics

/// A table as hospitals have them, made from coins: whole numbers, decimals, empty fields, words and dates.
public struct SampleTable: Sendable {
  /// The text, with a header line.
  public let csv: [UInt8]
  /// What the columns hold.
  public let schema: TableSchema
  /// Number of rows.
  public let rowCount: Int

  private static let wards = ["surg", "med", "icu", "paed", "onc", "card"]

  /// - Parameters:
  ///   - rows: number of rows.
  ///   - seed: decides what is in them.
  public init(rows: Int, seed: UInt64 = 1) {
    rowCount = rows
    var columns: [TableSchema.Column] = []
    for place in 0..<20 {
      switch place % 10 {
      case 8: columns.append(TableSchema.Column("ward_\(place)", .category))
      case 9: columns.append(TableSchema.Column("admitted_\(place)", .date))
      default: columns.append(TableSchema.Column("value_\(place)", .number))
      }
    }
    schema = TableSchema(columns)
    var text = Array(columns.map(\.name).joined(separator: ",").utf8) + [UInt8(ascii: "\n")]
    text.reserveCapacity(rows * 130)
    var coins = RandomStream(seed: seed, purpose: .sample)
    for _ in 0..<rows {
      for place in 0..<20 {
        Self.append(place % 10, from: &coins, to: &text)
        text.append(UInt8(ascii: place == 19 ? "\n" : ","))
      }
    }
    csv = text
  }

  private static func append(_ style: Int, from coins: inout RandomStream, to text: inout [UInt8]) {
    let draw = Int(coins.next() >> 33)
    switch style {
    case 0, 1: append(draw % 250, to: &text)
    case 2, 3: append(draw % 2000, decimals: 1, to: &text)
    case 4: if draw % 4 > 0 { append(draw % 100_000, decimals: 2, to: &text) }
    case 5: append(draw % 10_000_000, decimals: 4, to: &text)
    case 6:
      if draw % 2 == 0 { text.append(UInt8(ascii: "-")) }
      append(draw % 1_000_000, decimals: 6, to: &text)
    case 7: append(draw, to: &text)
    case 8: text.append(contentsOf: wards[draw % wards.count].utf8)
    default:
      text.append(contentsOf: "20".utf8)
      append(10 + draw % 15, to: &text)
      for part in [10 + draw % 3, 10 + draw % 19] {
        text.append(UInt8(ascii: "-"))
        append(part, to: &text)
      }
    }
  }

  /// A whole number, or one with so many decimals.
  private static func append(_ number: Int, decimals: Int = 0, to text: inout [UInt8]) {
    let digits = Array(String(number).utf8)
    guard decimals > 0 else { return text.append(contentsOf: digits) }
    let whole = digits.dropLast(decimals)
    text.append(contentsOf: whole.isEmpty ? [UInt8(ascii: "0")] : Array(whole))
    text.append(UInt8(ascii: "."))
    text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, decimals - digits.count)))
    text.append(contentsOf: digits.suffix(decimals))
  }
}
