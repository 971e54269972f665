import AtollFederation
package import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Refuses a place where something lies already; an empty folder is as good as none.
///
/// - Throws: ``StoreError`` with code `.cannotWrite`.
package func requireNewFolder(_ path: String) throws(StoreError) {
  let files = FileManager.default
  guard files.fileExists(atPath: path) else { return }
  let contents = try? files.contentsOfDirectory(atPath: path)
  guard contents?.isEmpty == true else {
    throw StoreError(.cannotWrite, path: path, "there is something here already; it is never overwritten")
  }
}

/// Makes a folder that appears with all that belongs into it, or not at all: what a kill leaves unfinished lies beside it
/// under a hidden name, and is taken away by the next try.
///
/// - Parameters:
///   - path: the folder, which is not there or empty.
///   - body: fills the folder whose path it is told.
/// - Throws: ``StoreError`` with code `.cannotWrite`, and what `body` throws; then nothing is left.
package func makeWholeFolder(_ path: String, _ body: (_ unfinished: String) throws -> Void) throws {
  try requireNewFolder(path)
  let place = path.split(separator: "/", omittingEmptySubsequences: false)
  // `a/b/` is the same place as `a/b`.
  let parts = place.last == "" ? place.dropLast() : place[...]
  guard let name = parts.last, !name.isEmpty, name != ".", name != ".." else {
    throw StoreError(.cannotWrite, path: path, "a folder with a name of its own is wanted")
  }
  let parent = parts.dropLast().joined(separator: "/")
  let unfinished =
    parts.count == 1 ? ".\(name).unfinished" : "\(parent)/.\(name).unfinished"
  let files = FileManager.default
  try? files.removeItem(atPath: unfinished)
  var making = Making()
  try making.folder(unfinished)
  do {
    try body(unfinished)
    guard rename(unfinished, parts.joined(separator: "/")) == 0 else {
      throw StoreError.writing(path, ErrorNumber(value: errno))
    }
  } catch {
    try? files.removeItem(atPath: unfinished)
    throw error
  }
  try synchronize([String(name)], in: parts.count == 1 ? "." : parent.isEmpty ? "/" : parent)
}

/// Files and folders that are made together or not at all.
package struct Making {
  /// In the order in which they were made.
  private var made: [String] = []

  package init() {}

  /// Makes a folder and those that it lies in, where they are not there yet.
  package mutating func folder(_ path: String) throws(StoreError) {
    var folder = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      folder += folder.isEmpty || folder == "/" ? String(part) : "/" + part
      if mkdir(folder, 0o777) == 0 {
        made.append(folder)
      } else if errno != EEXIST {
        throw .writing(folder, ErrorNumber(value: errno))
      }
    }
  }

  /// Writes a file that is not there yet.
  package mutating func file(_ bytes: some Collection<UInt8>, at path: String) throws(StoreError) {
    try writeAtomically(bytes, to: path, durably: false)
    made.append(path)
  }

  /// Takes everything away again. A folder that holds something else by now stays.
  package mutating func undo() {
    for path in made.reversed() where unlink(path) != 0 { rmdir(path) }
    made = []
  }
}

/// The whole file, at most 4 GiB.
func readFile(_ path: String, limit: Int = 4 << 30) throws -> Data {
  var bytes = Data()
  try FileSource(path, inflatedLimit: limit).forEachChunk { bytes.append(contentsOf: $0) }
  return bytes
}

/// Makes a new folder that only its owner can use, where the system wants such things.
///
/// - Returns: its path.
package func makeTemporaryFolder(named name: String) throws(StoreError) -> String {
  let place = FileManager.default.temporaryDirectory.path + "/" + name + "-XXXXXX"
  var template = Array(place.utf8CString)
  guard mkdtemp(&template) != nil else { throw .writing(place, ErrorNumber(value: errno)) }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The first bytes of a file, at most so many.
func readPrefix(of path: String, limit: Int) throws -> [UInt8] {
  var bytes: [UInt8] = []
  try FileSource(path, inflatedLimit: limit).forEachChunk { chunk in
    if bytes.count < limit { bytes.append(contentsOf: chunk.prefix(limit - bytes.count)) }
  }
  return bytes
}

/// The bytes of a file as they are: also those that begin as gzip's do by chance.
///
/// - Throws: ``StoreError``, with code `.tooLarge` beyond the limit.
package func readBytes(_ path: String, limit: Int = 16 << 30) throws(StoreError) -> Data {
  let reader = try FileReader(path)
  guard reader.size <= limit else {
    throw StoreError(.tooLarge, path: path, "it has more than \(limit) bytes")
  }
  return try reader.read(at: 0, count: reader.size)
}

/// The bytes of a file without a copy of them: they are read as they are looked at. Nobody may shorten the file meanwhile.
///
/// - Throws: ``StoreError``.
package func mapBytes(_ path: String) throws(StoreError) -> Data {
  do throws(ErrorNumber) {
    let file = try Descriptor(opening: path, flags: O_RDONLY)
    let number = file.number
    var status = stat()
    _ = try retrying { fstat(number, &status) }
    let size = Int(status.st_size)
    guard size > 0 else { return Data() }
    let failed = UnsafeMutableRawPointer(bitPattern: -1)
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, number, 0), start != failed else {
      throw ErrorNumber(value: errno)
    }
    return Data(
      bytesNoCopy: start, count: size, deallocator: .custom { start, count in _ = munmap(start, count) })
  } catch {
    throw .reading(path, error)
  }
}

/// Reads a value from the JSON that Atoll wrote.
///
/// - Throws: ``StoreError``, with code `.corrupt` where it is not.
package func readJSON<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
  do {
    return try CanonicalJSON.decode(type, from: readFile(path, limit: 1 << 30))
  } catch let error as StoreError {
    throw error
  } catch {
    // Broken JSON is no DecodingError on every platform.
    throw StoreError(.corrupt, path: path, "not what Atoll writes there")
  }
}

/// Adds a line at the end of a file with one system call.
func append(_ line: Data, to path: String) throws(StoreError) {
  do throws(ErrorNumber) {
    let file = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o666)
    try writeAll(Array(line) + [UInt8(ascii: "\n")], to: file.number)
    try file.close()
  } catch {
    throw .writing(path, error)
  }
}
