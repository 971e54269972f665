import AtollFederation
public import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import GRDB

/// A copy of a server's state at an instant, in a folder, with the SHA-256 of each of its files.
///
/// ```
/// backup.json      when it was made, and each file with its length and SHA-256; written last
/// state/           the files, as they lie in the server's folder
/// ```
/// It holds the key of the federation's authority: whoever has it can be the server.
public struct Backup: Codable, Sendable {
  /// A file of the state.
  public struct File: Codable, Sendable {
    /// Within the server's folder.
    public let path: String
    /// In bytes.
    public let bytes: Int
    /// Of its bytes.
    public let sha256: ContentHash
  }

  /// The version of Atoll that made it.
  public let atoll: String
  /// When, in UTC.
  public let made: String
  /// In ascending order of their paths.
  public let files: [File]

  /// Of all files, in bytes.
  public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
}

extension Backup {
  /// Makes a backup, also while the server runs.
  ///
  /// The database is copied at an instant, and what its commits name is never changed and not taken away meanwhile: so
  /// the copies belong together.
  ///
  /// - Parameters:
  ///   - state: the server's folder.
  ///   - folder: where the backup goes; new, or empty. It is there when all of it is.
  ///   - isCancelled: asked now and then; the copying ends when it holds.
  /// - Throws: `StoreError`, `RunFailure` with code `.cancelled`.
  public init(
    of state: String, to folder: String, isCancelled: @escaping () -> Bool = { false }
  ) throws {
    try requireNewFolder(folder)
    let opened = try ServerState(in: state, creating: false)
    let lock = try BackupLock(in: state)
    defer { withExtendedLifetime(lock) {} }
    var made: Backup?
    try makeWholeFolder(folder) { made = try Self.copyAll(of: opened.store, to: $0, isCancelled) }
    // Safe because the folder would not have been made without it.
    self = made!
  }

  private static func copyAll(
    of store: ServerStore, to folder: String, _ isCancelled: () -> Bool
  ) throws -> Backup {
    let made = Date.now.formatted(.iso8601)
    var making = Making()
    try making.folder(folder + "/state")
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
    // First the database: what it names is there, and stays.
    var copied = [try store.copyDatabase(to: folder + "/state")]
    // Then the heads of books before the books, which grow meanwhile: what a head names is in its book.
    let paths = try files(of: store.path)
    for path in paths.filter({ $0.hasSuffix(".head") }) + paths.filter({ !$0.hasSuffix(".head") }) {
      if let file = try copy(path, from: store.path, to: folder + "/state", isCancelled) {
        copied.append(file)
      }
    }
    let backup = Backup(
      atoll: RunHeader.currentVersion, made: made, files: copied.sorted { $0.path < $1.path })
    try writeAtomically(CanonicalJSON.encode(backup), to: folder + "/backup.json", mode: 0o600)
    return backup
  }

  /// What there is of the privacy ledger of the server that is to be put back.
  public enum Ledger: Hashable, Sendable {
    /// This file, with its head beside it: what was charged after the backup is in it.
    case file(String)
    /// Nothing but what the backup has: what was charged later is forgotten, and budgets allow it again.
    case lost
  }

  /// Makes a server's folder of a backup.
  ///
  /// What was given away of participants after the backup is given away, whatever else is put back: so a backup with
  /// charges is not restored until somebody has said where the ledger is that has gone on since.
  ///
  /// - Parameters:
  ///   - folder: the backup.
  ///   - state: the server's folder; new, or empty. It is there when all of it is.
  ///   - ledger: what there is of the server's privacy ledger; nil where it never charged anything.
  ///   - isCancelled: asked now and then; the copying ends when it holds.
  /// - Throws: `StoreError`, with code `.corrupt` when a file is not the one that was copied, or the ledger not one that
  ///   went on from the backup's; `RunFailure` with code `.cancelled`, and with `.resume` when nobody said what there is of
  ///   the ledger. Then nothing is left there.
  public init(
    restoring folder: String, to state: String, ledger: Ledger? = nil,
    isCancelled: @escaping () -> Bool = { false }
  ) throws {
    try requireNewFolder(state)
    let bytes = try readBytes(folder + "/backup.json", limit: 1 << 30)
    guard let backup = try? CanonicalJSON.decode(Backup.self, from: bytes) else {
      throw StoreError(.corrupt, path: folder + "/backup.json", "not what atoll backup writes there")
    }
    self = backup
    try makeWholeFolder(state) {
      try backup.restore(from: folder, to: $0, isCancelled)
      try LedgerRestoration(of: folder, in: $0).put(ledger)
    }
  }

  private func restore(from folder: String, to state: String, _ isCancelled: () -> Bool) throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: state)
    for file in files {
      guard !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains("..") else {
        throw StoreError(.corrupt, path: folder + "/backup.json", "it names a file outside of the folder")
      }
      let copied = try Self.copy(file.path, from: folder + "/state", to: state, isCancelled)
      guard copied?.sha256 == file.sha256 else {
        throw StoreError(.corrupt, path: "\(folder)/state/\(file.path)", "it is not the file that was copied")
      }
    }
    if let broken = try ServerStore(in: state).firstBrokenAuditEntry() {
      throw StoreError(
        .corrupt, path: folder, "entry \(broken) of its audit log does not follow from the one before")
    }
  }

  /// The files beside the database that last: not locks, nor what is only being written or received.
  private static func files(of state: String) throws -> [String] {
    var files: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(state)/\(folder)") {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        guard !name.hasPrefix("."), !name.hasPrefix("atoll.sqlite"), !name.hasSuffix("lock"),
          !path.hasSuffix("/state/answers")
        else { continue }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: "\(state)/\(path)", isDirectory: &isFolder) else {
          continue
        }
        if isFolder { folders.append(path) } else { files.append(path) }
      }
    }
    return files
  }

  /// Copies a file and hashes it on the way; nil where it is not there any more.
  private static func copy(
    _ path: String, from: String, to: String, _ isCancelled: () -> Bool
  ) throws -> File? {
    guard let reader = try FileReader.opening("\(from)/\(path)") else { return nil }
    var making = Making()
    try making.folder(String("\(to)/\(path)".dropLast(path.lastComponentCount)))
    let writer = try AtomicWriter("\(to)/\(path)", mode: 0o600)
    var hasher = ContentHasher()
    try reader.forEachPiece { piece in
      if isCancelled() { throw RunFailure(.cancelled, "stopped while \(from)/\(path) was being copied") }
      try writer.write(piece)
      hasher.update(piece)
    }
    try writer.commit()
    return File(path: path, bytes: reader.size, sha256: hasher.finalize())
  }

  /// A file that is there already.
  fileprivate static func file(_ path: String, in folder: String) throws -> File {
    let reader = try FileReader("\(folder)/\(path)")
    return File(path: path, bytes: reader.size, sha256: try reader.contentHash)
  }
}

extension String {
  /// Characters after the last slash, and that slash.
  fileprivate var lastComponentCount: Int { split(separator: "/").last.map { $0.count + 1 } ?? 0 }
}

extension ServerStore {
  /// A copy of the database as it is at an instant.
  fileprivate func copyDatabase(to folder: String) throws -> Backup.File {
    let path = folder + "/atoll.sqlite"
    do {
      var configuration = Configuration()
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
      let copy = try DatabaseQueue(path: path, configuration: configuration)
      try database.backup(to: copy)
      try copy.write(Self.leaveOutNoise(of:))
      try copy.close()
    } catch let error as DatabaseError {
      throw StoreError(error, path: path)
    }
    return try Backup.file("atoll.sqlite", in: folder)
  }

  /// A run whose noise is correlated over rounds does not go on from a backup: rounds that were published since would be
  /// published again, with other noise on nodes that were seen.
  private static func leaveOutNoise(of copy: Database) throws {
    let unfinished = try Row.fetchAll(
      copy, sql: "SELECT id, task FROM run WHERE status IN (?, ?)",
      arguments: [RunStatus.queued.rawValue, RunStatus.running.rawValue])
    for row in unfinished {
      // A task that cannot be read does not go on either.
      guard (try? FederatedTask(yaml: row["task"] as String))?.privacy?.correlation != nil else { continue }
      try copy.execute(
        sql: "INSERT OR REPLACE INTO secret VALUES (?, ?)",
        arguments: [row["id"] as String, RunNoise.leftOut])
    }
  }
}
