import AtollStore
import FoundationEssentials

/// Files to begin a study with.
struct Scaffold {
  struct File {
    /// Below the study's folder.
    let path: String
    let text: String
    /// For the list of what was made.
    let meaning: String
  }

  var files: [File]

  /// Writes all files, or none where one of them is there already.
  ///
  /// - Throws: ``Failure`` when a file would be overwritten, `StoreError` when one cannot be written.
  func write(to folder: String) throws {
    for file in files {
      let path = folder + "/" + file.path
      guard !FileManager.default.fileExists(atPath: path) else {
        throw Failure(
          .cannotWrite, "\(path) is there already and is not overwritten", try: ["atoll new another-folder"],
          details: ["file": .string(path)])
      }
    }
    var making = Making()
    do {
      try making.folder(folder)
      for file in files {
        let path = folder + "/" + file.path
        if let end = path.lastIndex(of: "/") { try making.folder(String(path[..<end])) }
        try making.file(Array(file.text.utf8), at: path)
      }
    } catch {
      // A full disk shows in the middle: half a study is none.
      making.undo()
      throw error
    }
  }
}
