#if os(Linux)
  import Foundation
  import Testing

  @testable import AtollStore

  /// A child process has copies of all open files until it becomes its own program; so does this process, by `dup`.
  @Suite struct `Locks that a child process inherits` {
    /// Another descriptor of this process's open file at a path.
    private func copied(_ path: String) throws -> Int32 {
      let number = try #require(
        FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
          (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
        })
      return try #require(Int32(number).map { dup($0) })
    }

    @Test func `are free once their owner gives them back`() throws {
      try withTemporaryFolder { folder in
        let path = folder + "/lock"
        var lock = try FileLock(path)
        let copy = try copied(path)
        defer { close(copy) }
        #expect(lock != nil && FileLock.isHeld(path))
        #expect(try FileLock(path) == nil)
        lock = nil
        #expect(!FileLock.isHeld(path))
        #expect(try FileLock(path) != nil)
      }
    }

    @Test func `are free once a book is closed`() throws {
      try withTemporaryFolder { folder in
        let path = folder + "/ledger.jsonl"
        var book: LedgerBook? = try LedgerBook(path, holder: "site")
        let copy = try copied(path)
        defer { close(copy) }
        #expect(throws: StoreError.self) { _ = try LedgerBook(path, holder: "site") }
        #expect(book != nil)
        book = nil
        #expect(throws: Never.self) { book = try LedgerBook(path, holder: "site") }
      }
    }
  }
#endif
