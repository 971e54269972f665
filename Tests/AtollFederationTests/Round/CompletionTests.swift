import AtollFederation
import Foundation
import Testing

@Suite struct `When an exchange is complete` {
  @Test func `is read from what was kept, and refused where it cannot be`() throws {
    let completion = Completion(
      quorum: 0.75, deadline: .seconds(32), buffer: Completion.Buffer(size: 3, maxStaleness: 2))
    let kept = String(decoding: try JSONEncoder().encode(completion), as: UTF8.self)
    func read(_ text: String) throws -> Completion {
      try JSONDecoder().decode(Completion.self, from: Data(text.utf8))
    }
    #expect(try read(kept) == completion)
    for quorum in ["1.67", "0", "-1"] {
      let damaged = kept.replacing("0.75", with: quorum)
      #expect(damaged != kept)
      #expect(throws: DecodingError.self) { try read(damaged) }
    }
    let plain = String(decoding: try JSONEncoder().encode(Completion()), as: UTF8.self)
    #expect(try read(plain) == Completion())
    #expect(throws: DecodingError.self) {
      try read(plain.replacing(#/"deadline":\[[^\]]*\]/#, with: "\"deadline\":[-1,0]"))
    }
  }
}
