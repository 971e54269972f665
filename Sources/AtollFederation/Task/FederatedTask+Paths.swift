extension FederatedTask {
  /// The same task with relative paths put behind a folder, so that it means the same wherever it is read.
  ///
  /// - Parameter folder: an absolute path.
  public func withPaths(in folder: String) throws(InvalidTask) -> FederatedTask {
    let absolute = tree.mapScalars { text, style, _ in
      (style == .path && !text.isEmpty && !text.hasPrefix("/") ? folder + "/" + text : text, style)
    }
    return try FederatedTask(yaml: YAMLWriter.text(absolute), extensions: extensions)
  }
}
