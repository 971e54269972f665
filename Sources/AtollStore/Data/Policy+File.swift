public import AtollFederation

extension Policy {
  /// Reads a policy file.
  ///
  /// - Parameter path: the file, or `open`: consent to everything.
  /// - Throws: ``StoreError`` about the file, `InvalidPolicy` about what is in it.
  public init(contentsOf path: String) throws {
    if path == "open" {
      self = .open
      return
    }
    // Beyond 1 MiB the policy itself refuses the text; what is read before is bounded here.
    try self.init(yaml: readPrefix(of: path, limit: 2 << 20), file: path)
  }
}
