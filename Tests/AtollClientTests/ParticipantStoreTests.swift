import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient

/// What a participant keeps survives a kill at any step, and what an exchange changed counts when it is committed.
@Suite struct `What a participant keeps` {
  private let path = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
  private let run = RunID("heart-1")!

  private func pending(_ exchange: Int) -> ParticipantStore.Pending {
    ParticipantStore.Pending(
      exchange: ExchangeID(run, exchange), task: .ofNothing, question: .ofNothing,
      answer: ContentHash(of: Array("\(exchange)".utf8)), size: 1, kind: "train")
  }

  private func remembering(_ number: Float) -> LocalState {
    var state = LocalState()
    state.keep([number], as: "control")
    return state
  }

  @Test func `changes with the commit and not before`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var store: ParticipantStore? = try ParticipantStore(in: path)
    try store?.keep(pending(0), answer: Data("0".utf8), memory: remembering(1))
    #expect(try store?.state(of: run) == LocalState())
    // Another process is this participant: there is one at a time.
    #expect(throws: StoreError.self) { try ParticipantStore(in: path) }
    store = nil
    // Killed and started again, it still holds the answer.
    store = try ParticipantStore(in: path)
    #expect(try store?.pending().map(\.answer) == [pending(0).answer])
    try store?.commit(ExchangeID(run, 0))
    #expect(try store?.state(of: run) == remembering(1))
    #expect(try store?.lastCommitted() == [run: 0])
    #expect(try store?.pending().isEmpty == true)
    // A discarded answer takes its change with it; one without a change keeps what was remembered.
    try store?.keep(pending(1), answer: Data("1".utf8), memory: remembering(2))
    store?.discard(ExchangeID(run, 1))
    #expect(try store?.state(of: run) == remembering(1))
    try store?.keep(pending(2), answer: Data("2".utf8), memory: nil)
    try store?.commit(ExchangeID(run, 2))
    #expect(try store?.state(of: run) == remembering(1))
    #expect(try store?.lastCommitted() == [run: 2])
    store?.forget(run)
    #expect(try store?.state(of: run) == LocalState())
  }

  @Test func `is whole after a kill between two of its steps`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let files = FileManager.default
    var store: ParticipantStore? = try ParticipantStore(in: path)
    try store?.keep(pending(0), answer: Data("0".utf8), memory: remembering(1))
    try store?.commit(ExchangeID(run, 0))
    try store?.keep(pending(1), answer: Data("1".utf8), memory: remembering(2))
    let folder = "\(path)/runs/heart-1"
    // Killed before `pending.json`: the answer was never offered, and is computed again.
    try files.copyItem(atPath: folder + "/pending-1", toPath: folder + "/pending-2")
    try files.removeItem(atPath: folder + "/pending-2/pending.json")
    // Killed after `memory.json` of a commit, before the answer was removed.
    try files.copyItem(atPath: folder + "/pending-1", toPath: folder + "/pending-0")
    store = nil
    store = try ParticipantStore(in: path)
    #expect(try store?.pending().map(\.exchange.exchange) == [1])
    #expect(!files.fileExists(atPath: folder + "/pending-0"))
    #expect(!files.fileExists(atPath: folder + "/pending-2"))
    #expect(try store?.state(of: run) == remembering(1))
    // Settled, and back in part after a power failure.
    try store?.keep(pending(2), answer: Data("2".utf8), memory: remembering(3))
    try files.removeItem(atPath: folder + "/pending-2/answer")
    #expect(try store?.pending().map(\.exchange.exchange) == [1])
    #expect(!files.fileExists(atPath: folder + "/pending-2"))
  }
}
