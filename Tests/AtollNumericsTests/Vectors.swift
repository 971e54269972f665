import Foundation

/// Reads Tests/Vectors/<name>.json.
func vectors<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Vectors")
  return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: "\(name).json")))
}
