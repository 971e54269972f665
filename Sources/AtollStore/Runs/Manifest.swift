public import AtollFederation
public import AtollNumerics
import FoundationEssentials

/// The finished record of a run: `manifest.json`.
public struct Manifest: Hashable, Codable, Sendable {
  /// What the run is of.
  public let header: RunHeader
  /// Every exchange, each with the SHA-256 of its predecessor; the first with that of the header.
  public let exchanges: [ExchangeRecord]
  /// SHA-256 of the last record: the end of the chain.
  public let head: ContentHash
  /// SHA-256 of the model's files.
  public let model: ModelFile.Hashes

  public init(header: RunHeader, exchanges: [ExchangeRecord], model: ModelFile.Hashes) throws {
    self.header = header
    self.exchanges = exchanges
    self.model = model
    head = try exchanges.last?.hash ?? header.hash
  }

  private init(_ rest: Manifest, with exchanges: [ExchangeRecord]) {
    header = rest.header
    self.exchanges = exchanges
    head = rest.head
    model = rest.model
  }

  /// Writes a manifest record by record, in memory one at a time: the same bytes as those of a whole one.
  ///
  /// - Throws: ``StoreError``.
  static func write(
    header: RunHeader, exchanges journal: Journal, model: ModelFile.Hashes, to path: String
  ) throws {
    // The keys in ascending order, as canonical JSON has them.
    let writer = try AtomicWriter(path)
    try writer.write(#"{"exchanges":["#.utf8)
    var separator = ""
    try journal.forEachLine { line in
      try writer.write(separator.utf8 + line)
      separator = ","
    }
    try writer.write(#"],"head":"#.utf8)
    try writer.write(CanonicalJSON.encode(journal.head))
    try writer.write(#","header":"#.utf8)
    try writer.write(CanonicalJSON.encode(header))
    try writer.write(#","model":"#.utf8)
    try writer.write(CanonicalJSON.encode(model))
    try writer.write("}".utf8)
    try writer.commit()
  }

  /// Reads a run's `manifest.json`.
  ///
  /// - Parameter path: the file, or the run's folder.
  /// - Throws: ``StoreError``; with code `.unfinished` for a run that has no manifest yet.
  public static func read(_ path: String) throws -> Manifest {
    let file = path.hasSuffix(".json") ? path : path + "/manifest.json"
    do {
      var splitter = RecordSplitter()
      var exchanges: [ExchangeRecord] = []
      let source = FileSource(file)
      do {
        try source.forEachChunk { chunk in
          try splitter.consume(chunk) { exchanges.append(try CanonicalJSON.decode(from: $0)) }
        }
        let rest = try CanonicalJSON.decode(Manifest.self, from: Data(splitter.rest))
        return Manifest(rest, with: exchanges)
      } catch let error as StoreError {
        throw error
      } catch {
        throw StoreError(.corrupt, path: file, "not what Atoll writes there")
      }
    } catch let error as StoreError where error.code == .notFound {
      let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
      guard RunDirectory.isUnfinished(folder) else { throw error }
      throw StoreError(.unfinished, path: folder, "this run is not finished")
    }
  }

  /// Recomputes the chain.
  ///
  /// - Returns: the number of the first exchange whose record does not follow from its predecessor; the number of
  ///   exchanges where the chain does not end as it should; nil when all holds.
  public func firstBrokenLink() throws -> Int? {
    switch try exchanges.followed(from: header) {
    case .broken(let number): number
    case .end(let end): end == head ? nil : exchanges.count
    }
  }

  /// Who contributed to each exchange, for a run that repeats this one.
  public var contributors: [[Contributor]] { exchanges.map(\.contributors) }
}

/// Where a chain of records leads.
enum ChainEnd {
  case broken(at: Int)
  /// SHA-256 of the last record, or of the header where there is none.
  case end(ContentHash)
}

extension [ExchangeRecord] {
  /// Recomputes the links.
  func followed(from header: RunHeader) throws -> ChainEnd {
    var link = try header.hash
    for (number, record) in enumerated() {
      guard record.previous == link, record.exchange == number else { return .broken(at: number) }
      link = try record.hash
    }
    return .end(link)
  }
}
