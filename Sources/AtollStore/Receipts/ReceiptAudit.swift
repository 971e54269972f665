import AtollFederation
public import AtollNumerics
import FoundationEssentials

/// What is in a book of receipts, and whether it is as it was written.
public struct ReceiptAudit: Sendable {
  /// The first line of a book.
  struct Title: Codable {
    var atoll = "receipts"
    var version = 1
    let participant: String
    let began: String
  }

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

    public var description: String {
      switch self {
      case .noBook: "line 1 is not that of a book of receipts"
      case .notAReceipt(let line): "line \(line) is no receipt"
      case .misplaced(let line, let number, let expected):
        "line \(line) has receipt \(number) where \(expected) belongs: lines were moved, put in or taken out"
      case .changed(let line): "line \(line) does not follow from line \(line - 1): one of them was changed"
      case .cutOff(let found, let expected):
        "it ends after receipt \(found), and \(expected) were written: the end was cut off"
      case .lastChanged(let line): "line \(line), the last, is not the one that was written"
      case .noHead(let path): "\(path), which says where it ends, is missing"
      case .strangeHead(let hash): "no line has the SHA-256 \(hash.hexadecimal)"
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
  let byteCount: Int

  /// Reads a book and checks every line; nothing is changed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - mirrored: the head of the book at some time, as it was kept elsewhere; nil checks against the file beside only.
  /// - Throws: ``StoreError`` when the file cannot be read.
  public init(contentsOf path: String, mirrored: ContentHash? = nil) throws {
    let bytes = try readBytes(path, limit: 1 << 30)
    byteCount = bytes.count
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes.index(after: $0) } ?? bytes.startIndex
    torn = bytes.distance(from: end, to: bytes.endIndex)
    let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    guard let first = lines.first, let title = try? CanonicalJSON.decode(Title.self, from: Data(first)),
      title.atoll == "receipts", title.version == 1
    else {
      (participant, began, receipts, fault, head) = ("", "", [], .noBook, .ofNothing)
      return
    }
    (participant, began) = (title.participant, title.began)
    var link = ContentHash(of: Data(first))
    var links = [link]
    var receipts: [Receipt] = []
    var fault: Fault?
    for (place, line) in lines.enumerated().dropFirst() {
      guard let receipt = try? CanonicalJSON.decode(Receipt.self, from: Data(line)) else {
        fault = .notAReceipt(line: place + 1)
        break
      }
      guard receipt.number == place else {
        fault = .misplaced(line: place + 1, number: receipt.number, expected: place)
        break
      }
      guard receipt.previous == link else {
        fault = .changed(line: place + 1)
        break
      }
      receipts.append(receipt)
      link = ContentHash(of: Data(line))
      links.append(link)
    }
    self.receipts = receipts
    head = link
    self.fault = try fault ?? Self.fault(at: path, links, mirrored)
  }

  /// Holds the chain against what is known of its end.
  private static func fault(
    at path: String, _ links: [ContentHash], _ mirrored: ContentHash?
  ) throws -> Fault? {
    guard let head = try ReceiptHead.read(for: path) else { return .noHead(ReceiptHead.path(of: path)) }
    // A kill after a line and before its head leaves the head behind, never ahead.
    guard links.indices.contains(head.number) else {
      return .cutOff(found: links.count - 1, expected: head.number)
    }
    guard links[head.number] == head.hash else { return .lastChanged(line: head.number + 1) }
    if let mirrored, !links.contains(mirrored) { return .strangeHead(mirrored) }
    return nil
  }
}
