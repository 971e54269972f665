import AtollFederation
import AtollNumerics
import FoundationEssentials

/// A kind of hash-chained file: what its first line and its lines are, and how it is spoken of.
///
/// ```
/// book.jsonl        a line about the book, then numbered lines; each carries the SHA-256 of the line before
/// book.jsonl.head   number and SHA-256 of the last line, so that a tail that was cut off is noticed
/// ```
protocol ChainFormat {
  /// The first line; its first key in alphabetical order is `atoll`, which names the kind.
  associatedtype Title: Codable & Sendable
  associatedtype Line: ChainLine

  /// The value of the title's key `atoll`.
  static var kind: String { get }
  /// How faults speak of it.
  static var words: ChainWords { get }
  /// Whether a new book may take the place of one that is gone, though its head is there and names a line.
  static var beginsAnewWhereLost: Bool { get }
  /// Whether this version reads such a book.
  static func reads(_ title: Title) -> Bool
}

/// A line of a hash-chained file.
protocol ChainLine: Codable, Sendable {
  /// Its place, from 1.
  var number: Int { get }
  /// SHA-256 of the line before, without its end; of the title for line 1.
  var previous: ContentHash { get }
}

/// What people call a hash-chained file.
struct ChainWords: Sendable {
  /// One line: `receipt`.
  let line: String
  /// The file: `book of receipts`.
  let book: String
  /// What others do who have it open: `writing receipts`.
  let writing: String
  /// What follows when it is not as it was left: `nothing is sent until a person has looked`.
  let consequence: String
}

/// Where a book ends.
struct ChainHead: Codable {
  let number: Int
  let hash: ContentHash

  private enum CodingKeys: String, CodingKey { case number, hash = "sha256" }

  static func path(of book: String) -> String { book + ".head" }

  func write(for book: String, durably: Bool = true) throws {
    try writeAtomically(
      CanonicalJSON.encode(self) + [UInt8(ascii: "\n")], to: Self.path(of: book), durably: durably,
      mode: 0o600)
  }

  /// Nil where there is none.
  static func read(for book: String) throws -> ChainHead? {
    do {
      return try readJSON(ChainHead.self, path(of: book))
    } catch let error as StoreError where error.code == .notFound {
      return nil
    }
  }
}
