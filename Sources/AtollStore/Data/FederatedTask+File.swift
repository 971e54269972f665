public import AtollFederation
import FoundationEssentials

extension FederatedTask {
  /// Reads a task file; relative paths in it start in its own folder.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - overrides: `key.path=value` as `--set` takes them, later ones winning.
  ///   - environment: what `${NAME}` stands for; nil for the process's environment.
  ///   - extensions: strategies and models of one's own that the task may name.
  /// - Throws: ``StoreError`` about the file, `InvalidTask` about what is in it.
  public init(
    contentsOf path: String, overrides: [String] = [],
    environment: [String: String]? = nil, extensions: Extensions = Extensions()
  ) throws {
    // Beyond 1 MiB the task itself refuses the text; what is read before is bounded here.
    let bytes = try readPrefix(of: path, limit: 2 << 20)
    let folder = path.lastIndex(of: "/").map { String(path[..<path.index(after: $0)]) } ?? ""
    let environment = environment ?? ProcessInfo.processInfo.environment
    try self.init(
      yaml: bytes, file: path, folder: folder, overrides: overrides, environment: { environment[$0] },
      extensions: extensions)
  }
}
