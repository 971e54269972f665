import AtollFederation
import AtollNumerics
import AtollWire
import Testing

@testable import AtollServer

@Suite struct `The gate of transfers` {
  private let now = ContinuousClock.now

  private func answer(_ name: ParticipantID) -> TransferGate.Transfer {
    TransferGate.Transfer(participant: name, content: .answer(ExchangeID(RunID("heart-1")!, 0)))
  }

  private func model(_ name: ParticipantID) -> TransferGate.Transfer {
    TransferGate.Transfer(participant: name, content: .model(ContentHash(of: [1, 2, 3])))
  }

  @Test func `lets in what fits into the memory, in the order in which it came`() {
    var gate = TransferGate(limit: 4000)
    #expect(gate.ask(model("a"), size: 1000, at: now) == [model("a")])
    #expect(gate.ask(answer("a"), size: 1000, at: now) == [answer("a")])
    #expect(gate.ask(model("b"), size: 1000, at: now) == [])
    #expect(gate.ask(model("c"), size: 1, at: now) == [])
    // Asked again, who is in stays in, and who waits keeps the place.
    #expect(gate.ask(model("a"), size: 1000, at: now) == [model("a")])
    #expect(gate.ask(model("b"), size: 1000, at: now) == [])
    #expect(gate.release(at: now) { $0 == answer("a") } == [model("b")])
    // Who waits may leave, too.
    #expect(gate.release(at: now) { $0.participant == "c" } == [])
    #expect(gate.release(at: now) { _ in true } == [])
    #expect(gate.open.isEmpty)
  }

  @Test func `lets in one that is larger than all there is, by itself`() {
    var gate = TransferGate(limit: 4000)
    #expect(gate.ask(model("a"), size: 1 << 30, at: now) == [model("a")])
    #expect(gate.ask(model("b"), size: 1, at: now) == [])
    #expect(gate.release(at: now) { $0 == model("a") } == [model("b")])
  }

  @Test func `does not let the slow hold up the others for longer than a turn`() {
    var gate = TransferGate(limit: 4000, turn: .seconds(10))
    #expect(gate.ask(model("slow"), size: 2000, at: now) == [model("slow")])
    #expect(gate.ask(model("b"), size: 2000, at: now + .seconds(1)) == [])
    #expect(gate.admit(at: now + .seconds(9)) == [])
    #expect(gate.admit(at: now + .seconds(10)) == [model("b")])
    #expect(gate.open == [model("slow"), model("b")])
    // And it does not give back a place that it no longer takes.
    #expect(gate.ask(model("c"), size: 2000, at: now + .seconds(11)) == [])
    #expect(gate.release(at: now + .seconds(12)) { $0 == model("slow") } == [])
  }

  @Test func `tells how long answers were on their way, several at once counted once`() {
    var gate = TransferGate(limit: 4000)
    func at(_ seconds: Int) -> ContinuousClock.Instant { now + .seconds(seconds) }
    _ = gate.ask(model("a"), size: 100, at: at(0))
    _ = gate.ask(answer("a"), size: 100, at: at(1))
    _ = gate.ask(answer("b"), size: 100, at: at(3))
    // This one waits for a place, and is not on its way.
    _ = gate.ask(answer("c"), size: 2000, at: at(4))
    _ = gate.release(at: at(6)) { $0 == answer("a") || $0 == model("a") }
    #expect(gate.receiving == .seconds(5))
    _ = gate.release(at: at(8)) { $0.participant != "x" }
    #expect(gate.receiving == .seconds(7))
    _ = gate.ask(answer("a"), size: 100, at: at(20))
    _ = gate.release(at: at(21)) { _ in true }
    #expect(gate.receiving == .seconds(8))
  }

  @Test func `lets long models in by what is on its way of them`() {
    let long = TransferGate.memory(ofSize: 400_000_000)
    #expect(long == TransferGate.memory(ofSize: 4_000_000_000))
    var gate = TransferGate()
    let names = (0..<100).map { ParticipantID("p\($0)")! }
    let admitted = names.reduce(0) { $0 + gate.ask(model($1), size: 400_000_000, at: now).count }
    #expect(admitted == WireLimits.transferMemory / long)
    #expect(admitted >= 4)
  }
}
