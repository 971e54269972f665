import AtollLearning
import AtollNumerics

/// A source that computes its SHA-256 while it is read.
protocol HashingSource: ByteSource {
  /// Nil until the source has been read to its end.
  var hash: ContentHash? { get }
}

/// A source that is made while it is read, such as what a query gives, and must give the same each time.
final class RepeatedSource: HashingSource {
  private let source: any ByteSource
  private(set) var hash: ContentHash?

  init(_ source: any ByteSource) { self.source = source }

  var name: String { source.name }

  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var hasher = ContentHasher()
    try source.forEachChunk { chunk in
      hasher.update(chunk)
      try body(chunk)
    }
    let now = hasher.finalize()
    guard hash == nil || hash == now else {
      throw StoreError(
        .corrupt, path: name,
        "the query gave other rows, or another order, when it was asked again: it needs ORDER BY")
    }
    hash = now
  }
}

/// A file that is read in one or two passes: it computes its SHA-256 in the first one, and tells how far it is.
final class HashedSource: HashingSource {
  private let path: String
  private let passes: Int
  private let progress: TaskData.Progress
  private var pass = 0
  /// Of the bytes after inflation; nil until they have been read to their end.
  private(set) var hash: ContentHash?

  init(_ path: String, passes: Int, _ progress: @escaping TaskData.Progress) {
    self.path = path
    self.passes = passes
    self.progress = progress
  }

  var name: String { path }
  var byteCount: Int? { FileSource(path).byteCount }

  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let (path, pass, passes, progress) = (path, pass, passes, progress)
    let source = FileSource(path) { read, all in
      try progress(path, min(1, (Double(pass) + Double(read) / Double(max(1, all))) / Double(passes)))
    }
    self.pass += 1
    guard hash == nil else { return try source.forEachChunk(body) }
    var hasher = ContentHasher()
    try source.forEachChunk { chunk in
      hasher.update(chunk)
      try body(chunk)
    }
    hash = hasher.finalize()
  }
}
