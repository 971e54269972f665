extension FederatedTask {
  /// The same task with relative paths put behind a folder, so that it means the same wherever it is read.
  ///
  /// - Parameter folder: an absolute path.
  public func withPaths(in folder: String) throws(InvalidTask) -> FederatedTask {
    try mappingPaths { $0.isEmpty || $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
  }

  /// The same task with paths as they are called in a folder, where they lie in it: for people.
  ///
  /// - Parameter folder: an absolute path, in which the paths will be looked up.
  public func withPaths(from folder: String) throws(InvalidTask) -> FederatedTask {
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    return try mappingPaths { path in
      path.hasPrefix(start) && path.count > start.count ? String(path.dropFirst(start.count)) : path
    }
  }

  private func mappingPaths(_ change: (String) -> String) throws(InvalidTask) -> FederatedTask {
    let changed = tree.mapScalars { text, style, _ in (style == .path ? change(text) : text, style) }
    return try FederatedTask(yaml: YAMLWriter.text(changed), extensions: extensions)
  }
}

extension FederatedTask {
  /// The same task with every path cut to the file's name: where data lie on one machine is nobody else's business.
  public var withoutFolders: FederatedTask {
    get throws(InvalidTask) {
      try mappingPaths { path in path.split(separator: "/").last.map(String.init) ?? path }
    }
  }
}
