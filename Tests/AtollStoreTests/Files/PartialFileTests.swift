import AtollNumerics
import FoundationEssentials
import Testing

@testable import AtollStore

@Suite struct `A file that is received piece by piece` {
  private let whole = Data((0..<1000).map { UInt8($0 % 251) })

  @Test func `goes on where it broke, and has the SHA-256 of the whole`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/part"
      var file: PartialFile? = try PartialFile(path, size: whole.count)
      #expect(try file?.append(whole[..<300], at: 0) == true)
      file = nil
      let later = try PartialFile(path, size: whole.count)
      #expect(later.count == 300 && !later.isComplete)
      #expect(later.contentHash == ContentHash(of: Data(whole[..<300])))
      #expect(try later.append(whole[300...], at: 300))
      #expect(later.isComplete)
      #expect(later.contentHash == ContentHash(of: whole))
      #expect(try readBytes(path) == whole)
    }
  }

  @Test func `takes no piece that does not follow, or is too much`() throws {
    try withTemporaryFolder { folder in
      let file = try PartialFile(folder + "/part", size: 10)
      #expect(try file.append(Data([1, 2, 3]), at: 0))
      #expect(try !file.append(Data([1]), at: 2))
      #expect(try !file.append(Data([1]), at: 4))
      #expect(try !file.append(Data(repeating: 0, count: 8), at: 3))
      #expect(file.count == 3)
      try file.restart()
      #expect(file.count == 0 && file.contentHash == .ofNothing)
      #expect(try readBytes(folder + "/part").isEmpty)
    }
  }

  @Test func `begins anew where more is there than belongs to it`() throws {
    try withTemporaryFolder { folder in
      try writeAtomically(whole, to: folder + "/part")
      let file = try PartialFile(folder + "/part", size: 10)
      #expect(file.count == 0)
      #expect(try file.append(Data(repeating: 7, count: 10), at: 0))
      #expect(try readBytes(folder + "/part") == Data(repeating: 7, count: 10))
    }
  }

  @Test func `is bounded when it is read as a whole`() throws {
    try withTemporaryFolder { folder in
      try writeAtomically(whole, to: folder + "/file")
      #expect(try readBytes(folder + "/file", limit: 1000) == whole)
      #expect(try mapBytes(folder + "/file") == whole)
      let error = #expect(throws: StoreError.self) { try readBytes(folder + "/file", limit: 999) }
      #expect(error?.code == .tooLarge)
    }
  }
}
