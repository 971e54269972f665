public import AtollNumerics

/// What is in a book of receipts, and whether it is as it was written.
public struct ReceiptAudit: Sendable {
  /// What is wrong with a book.
  public enum Fault: Hashable, Sendable, CustomStringConvertible {
    /// The first line is not that of a book.
    case noBook
    /// A line is no receipt.
    case notAReceipt(line: Int)
    /// A receipt stands where another belongs: lines were reordered, put in, or taken out.
    case misplaced(line: Int, number: Int, expected: Int)
    /// A receipt does not follow from the line before: one of the two was changed.
    case changed(line: Int)
    /// Receipts are missing at the end.
    case cutOff(found: Int, expected: Int)
    /// The last receipt is not the one that was written last.
    case lastChanged(line: Int)
    /// There is no file that says where the book ends.
    case noHead(String)
    /// The head that was kept elsewhere is in no line.
    case strangeHead(ContentHash)

    public var description: String { chain.description(ReceiptFormat.words) }

    init(_ fault: ChainFault) {
      self =
        switch fault {
        case .noBook: .noBook
        case .notALine(let line): .notAReceipt(line: line)
        case .misplaced(let line, let number, let expected):
          .misplaced(line: line, number: number, expected: expected)
        case .changed(let line): .changed(line: line)
        case .cutOff(let found, let expected): .cutOff(found: found, expected: expected)
        case .lastChanged(let line): .lastChanged(line: line)
        case .noHead(let path): .noHead(path)
        case .strangeHead(let hash): .strangeHead(hash)
        }
    }

    private var chain: ChainFault {
      switch self {
      case .noBook: .noBook
      case .notAReceipt(let line): .notALine(line: line)
      case .misplaced(let line, let number, let expected):
        .misplaced(line: line, number: number, expected: expected)
      case .changed(let line): .changed(line: line)
      case .cutOff(let found, let expected): .cutOff(found: found, expected: expected)
      case .lastChanged(let line): .lastChanged(line: line)
      case .noHead(let path): .noHead(path)
      case .strangeHead(let hash): .strangeHead(hash)
      }
    }
  }

  /// Whose receipts they are.
  public let participant: String
  /// When the book was begun.
  public let began: String
  /// The receipts, up to the first fault.
  public let receipts: [Receipt]
  /// What is wrong; nil when all holds.
  public let fault: Fault?
  /// SHA-256 of the last line.
  public let head: ContentHash
  /// Bytes of a line that a kill cut off while it was written, and whose message never left; 0 where there is none.
  public let torn: Int

  /// Reads a book and checks every line; nothing is changed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - mirrored: the head of the book at some time, as it was kept elsewhere; nil checks against the file beside only.
  /// - Throws: ``StoreError`` when the file cannot be read.
  public init(contentsOf path: String, mirrored: ContentHash? = nil) throws {
    let audit = try ChainAudit<ReceiptFormat>(contentsOf: path, mirrored: mirrored)
    (participant, began) = (audit.title?.participant ?? "", audit.title?.began ?? "")
    receipts = audit.lines
    fault = audit.fault.map(Fault.init)
    head = audit.head
    torn = audit.torn
  }
}
