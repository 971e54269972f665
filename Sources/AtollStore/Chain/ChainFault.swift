public import AtollNumerics

/// What is wrong with a hash-chained file.
public enum ChainFault: Hashable, Sendable {
  /// The first line is not that of such a file.
  case noBook
  /// A line is not what the file holds.
  case notALine(line: Int)
  /// A line stands where another belongs: lines were reordered, put in, or taken out.
  case misplaced(line: Int, number: Int, expected: Int)
  /// A line does not follow from the line before: one of the two was changed.
  case changed(line: Int)
  /// Lines are missing at the end.
  case cutOff(found: Int, expected: Int)
  /// The last line is not the one that was written last.
  case lastChanged(line: Int)
  /// There is no file that says where the book ends.
  case noHead(String)
  /// The head that was kept elsewhere is in no line.
  case strangeHead(ContentHash)

  /// The fault in words.
  func description(_ words: ChainWords) -> String {
    switch self {
    case .noBook: "line 1 is not that of a \(words.book)"
    case .notALine(let line): "line \(line) is no \(words.line)"
    case .misplaced(let line, let number, let expected):
      "line \(line) has \(words.line) \(number) where \(expected) belongs: lines were moved, put in or taken out"
    case .changed(let line): "line \(line) does not follow from line \(line - 1): one of them was changed"
    case .cutOff(let found, let expected):
      "it ends after \(words.line) \(found), and \(expected) were written: the end was cut off"
    case .lastChanged(let line): "line \(line), the last, is not the one that was written"
    case .noHead(let path): "\(path), which says where it ends, is missing"
    case .strangeHead(let hash): "no line has the SHA-256 \(hash.hexadecimal)"
    }
  }
}
