import AtollFederation
import AtollWire
import Testing

@testable import AtollServer

@Suite struct `The gate of uploads` {
  private func upload(_ name: ParticipantID, _ exchange: Int = 0) -> UploadGate.Upload {
    UploadGate.Upload(participant: name, exchange: ExchangeID(RunID("heart-1")!, exchange))
  }

  @Test func `lets so many in at a time, in the order in which they came`() {
    var gate = UploadGate(limit: 2)
    #expect(gate.ask(upload("a")) == [upload("a")])
    #expect(gate.ask(upload("b")) == [upload("b")])
    #expect(gate.ask(upload("c")) == [])
    #expect(gate.ask(upload("d")) == [])
    // Asked again, who is in stays in, and who waits keeps the place.
    #expect(gate.ask(upload("a")) == [upload("a")])
    #expect(gate.ask(upload("c")) == [])
    #expect(gate.release { $0.participant == "a" } == [upload("c")])
    // Who waits may leave, too.
    #expect(gate.release { $0.participant == "d" } == [])
    #expect(gate.release { _ in true } == [])
    #expect(gate.open.isEmpty)
  }
}
