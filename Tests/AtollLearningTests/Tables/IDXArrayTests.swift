import Testing

@testable import AtollLearning

@Suite struct `IDX arrays` {
  private func read(_ bytes: [UInt8], dimensions: Int? = nil, cuts: [Int] = []) throws -> IDXArray {
    try IDXArray(idx: PieceSource(name: "a.idx", bytes: bytes, cuts: cuts), dimensions: dimensions)
  }

  private func fault(_ bytes: [UInt8], dimensions: Int? = nil) -> String {
    complaint { _ = try read(bytes, dimensions: dimensions) }
  }

  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]

  @Test func `images and labels are read`() throws {
    let array = try read(images, dimensions: 3)
    #expect(array.shape == [2, 1, 3])
    #expect(array.elements == .bytes([1, 2, 3, 4, 5, 255]))
    #expect(try read([0, 0, 8, 1, 0, 0, 0, 2, 7, 9], dimensions: 1).elements == .bytes([7, 9]))
    for cut in 0...images.count { #expect(try read(images, cuts: [cut]) == array) }
  }

  @Test func `integers and floats are big-endian`() throws {
    let integers = try read([0, 0, 0x0C, 1, 0, 0, 0, 2, 0, 0, 1, 2, 255, 255, 255, 254])
    #expect(integers.elements == .integers([258, -2]))
    let floats = try read([0, 0, 0x0D, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0])
    #expect(floats.shape == [1, 2])
    #expect(floats.elements == .floats([1, -2.5]))
  }

  @Test func `an array without elements is one`() throws {
    #expect(try read([0, 0, 8, 1, 0, 0, 0, 0]).elements == .bytes([]))
  }

  @Test func `too few and too many bytes are refused`() {
    for count in 1..<images.count {
      let words =
        count < 16 ? "is cut short in its header" : "is cut short: \(count - 16) of 6 bytes of elements"
      #expect(fault(Array(images.prefix(count))) == "a.idx: \(words)")
    }
    #expect(fault([]) == "a.idx: is empty")
    #expect(fault(images + [0]) == "a.idx: holds more bytes than its header announces")
  }

  @Test func `headers that promise the wrong thing are refused`() {
    #expect(
      fault([1, 0, 8, 1, 0, 0, 0, 0])
        == "a.idx: is no IDX array of bytes, integers or floats: it begins with 01 00 08 01")
    #expect(
      fault(Array("PK\u{3}\u{4}".utf8))
        == "a.idx: is no IDX array of bytes, integers or floats: it begins with 50 4b 03 04")
    #expect(fault([0, 0, 8, 5]) == "a.idx: has 5 dimensions; 1 to 4 can be read")
    #expect(fault([0, 0, 8, 0]) == "a.idx: has 0 dimensions; 1 to 4 can be read")
    #expect(fault(images, dimensions: 1) == "a.idx: has 3 dimensions where 1 are expected")
    let huge: [UInt8] = [0, 0, 8, 4] + [UInt8](repeating: 255, count: 16)
    #expect(fault(huge) == "a.idx: announces more than 4,294,967,296 elements")
    let hugeThenNothing: [UInt8] = [0, 0, 0x0D, 2, 255, 255, 255, 255, 0, 0, 0, 1]
    #expect(fault(hugeThenNothing) == "a.idx: is cut short: 0 of 17,179,869,180 bytes of elements")
    let zero: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 0, 255, 255, 255, 255]
    #expect(throws: Never.self) { try read(zero) }
  }
}
