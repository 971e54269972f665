import Testing

@testable import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct `Writing files` {
  @Test func `a file is written and replaced, and nothing else is left`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/model.bin"
      for bytes in [[1, 2, 3], [], [UInt8](repeating: 9, count: 3_000_000)] as [[UInt8]] {
        try writeAtomically(bytes, to: path)
        #expect(try contents(of: FileSource(path)) == bytes)
        #expect(files(in: folder) == ["model.bin"])
      }
    }
  }

  @Test func `a file that cannot be written is refused, and the folder left as it was`() throws {
    try withTemporaryFolder { folder in
      func fault(_ path: String) -> String { complaint { try writeAtomically([1], to: path) } }
      #expect(fault("\(folder)/no/f") == "\(folder)/no/f: cannot be written: its folder does not exist")
      #expect(fault("\(folder)/") == "\(folder)/: cannot be written: it names a folder")
      mkdir("\(folder)/d", 0o700)
      defer { rmdir("\(folder)/d") }
      #expect(fault("\(folder)/d") == "\(folder)/d: cannot be written: it is a folder")
      #expect(files(in: folder) == ["d"])
    }
  }

  @Test func `a path without a folder is written here`() throws {
    let name = "atoll-test-\(getpid()).tmp"
    defer { unlink(name) }
    try writeAtomically([4], to: name)
    #expect(try contents(of: FileSource(name)) == [4])
  }

  #if os(Linux)
    /// /dev/full answers every write as a full disk does.
    @Test func `a full disk is told`() throws {
      let full = try Descriptor(opening: "/dev/full", flags: O_WRONLY)
      let error = #expect(throws: ErrorNumber.self) { try writeAll([1, 2, 3], to: full.number) }
      #expect(
        try StoreError.writing("runs/model", #require(error)).description
          == "runs/model: cannot be written: there is no space left on the disk")
    }
  #endif

  @Test(arguments: [
    (EROFS, "the file system is read-only"), (EACCES, "access is not allowed"),
    (EDQUOT, "the disk quota is used up"), (EIO, "the disk reports an error"),
  ])
  func `a place that takes no file is told in words`(_ number: Int32, _ words: String) {
    let error = StoreError.writing("f", ErrorNumber(value: number))
    #expect(error.description == "f: cannot be written: \(words)")
    #expect(error.code == .cannotWrite)
  }
}
