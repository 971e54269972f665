import ArgumentParser

/// Reads the path of a file or a folder from the command line.
///
/// Scripts leave variables unset: an empty path would be the file system's root as soon as a name is put behind it.
///
/// - Throws: `ValidationError` for an empty one.
@Sendable func nonEmptyPath(_ text: String) throws -> String {
  guard !text.isEmpty else { throw ValidationError("a path is empty") }
  var path = text
  while path.count > 1, path.hasSuffix("/") { path.removeLast() }
  return path
}
