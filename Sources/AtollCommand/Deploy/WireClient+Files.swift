import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

extension WireClient {
  /// Fetches all files of a finished run, each of which is there as a whole or not at all.
  ///
  /// - Throws: `WireError`, `StoreError`.
  func fetchFiles(of run: RunID, to folder: String) async throws {
    var making = Making()
    try making.folder(folder)
    for file in RunFile.allCases {
      let writer = Mutex(try AtomicWriter(folder + "/" + file.rawValue))
      try await fetch(file, of: run) { _, _, content in try writer.withLock { try $0.write(content) } }
      try writer.withLock { try $0.commit() }
    }
  }
}
