import AtollFederation
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Makes a folder and those that it lies in.
package func makeFolder(_ path: String) throws(StoreError) {
  var made = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    made += made.isEmpty || made == "/" ? String(part) : "/" + part
    guard mkdir(made, 0o777) != 0, errno != EEXIST else { continue }
    throw .writing(made, ErrorNumber(value: errno))
  }
}

/// The whole file, at most 4 GiB.
func readFile(_ path: String, limit: Int = 4 << 30) throws -> Data {
  var bytes = Data()
  try FileSource(path, inflatedLimit: limit).forEachChunk { bytes.append(contentsOf: $0) }
  return bytes
}

func readJSON<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
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
