import AtollFederation
import AtollNumerics
import FoundationEssentials

/// What is in a hash-chained file, and whether it is as it was written.
struct ChainAudit<Format: ChainFormat> {
  /// Nil where the first line is not that of such a file.
  let title: Format.Title?
  /// The lines after the title, up to the first fault.
  let lines: [Format.Line]
  /// SHA-256 of the title and of each of the ``lines``: of line n at place n.
  let links: [ContentHash]
  /// What is wrong; nil when all holds.
  let fault: ChainFault?
  /// Bytes at the end that a kill cut off while they were written; 0 where there are none.
  let torn: Int
  let byteCount: Int

  /// SHA-256 of the last line.
  var head: ContentHash { links.last ?? .ofNothing }

  /// Reads a file and checks every line; nothing is changed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - mirrored: a last line's SHA-256 at some time, as it was kept elsewhere; nil checks against the file beside only.
  /// - Throws: ``StoreError`` when the file cannot be read.
  init(contentsOf path: String, mirrored: ContentHash? = nil) throws {
    let bytes = try readBytes(path, limit: 1 << 30)
    byteCount = bytes.count
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes.index(after: $0) } ?? bytes.startIndex
    torn = bytes.distance(from: end, to: bytes.endIndex)
    let texts = bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    guard let first = texts.first,
      let title = try? CanonicalJSON.decode(Format.Title.self, from: Data(first)),
      Format.reads(title)
    else {
      (title, lines, links, fault) = (nil, [], [], .noBook)
      return
    }
    self.title = title
    var link = ContentHash(of: Data(first))
    var links = [link]
    var lines: [Format.Line] = []
    var fault: ChainFault?
    for (place, text) in texts.enumerated().dropFirst() {
      guard let line = try? CanonicalJSON.decode(Format.Line.self, from: Data(text)) else {
        fault = .notALine(line: place + 1)
        break
      }
      guard line.number == place else {
        fault = .misplaced(line: place + 1, number: line.number, expected: place)
        break
      }
      guard line.previous == link else {
        fault = .changed(line: place + 1)
        break
      }
      lines.append(line)
      link = ContentHash(of: Data(text))
      links.append(link)
    }
    self.lines = lines
    self.links = links
    self.fault = try fault ?? Self.fault(at: path, links, mirrored)
  }

  /// Holds the chain against what is known of its end.
  private static func fault(
    at path: String, _ links: [ContentHash], _ mirrored: ContentHash?
  ) throws -> ChainFault? {
    guard let head = try ChainHead.read(for: path) else { return .noHead(ChainHead.path(of: path)) }
    // A kill after a line and before its head leaves the head behind, never ahead.
    guard links.indices.contains(head.number) else {
      return .cutOff(found: links.count - 1, expected: head.number)
    }
    guard links[head.number] == head.hash else { return .lastChanged(line: head.number + 1) }
    if let mirrored, !links.contains(mirrored) { return .strangeHead(mirrored) }
    return nil
  }
}
