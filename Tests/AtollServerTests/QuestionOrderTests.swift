import AtollFederation
import AtollNumerics
import AtollWire
import Foundation
import Testing

@testable import AtollServer

@Suite struct `A connection that took another one's place` {
  /// The run may ask while the news of the new connection waits in its mailbox.
  @Test func `hears of the task before its first question`() async throws {
    let folder = try TestFolder()
    let connection = Connection(
      "birk", certificate: ContentHash(of: Data("birk".utf8)), hub: Hub(),
      store: try ServerStore(in: folder.path + "/server"), serverLedgerHead: nil)
    let run = try #require(RunID("study-1"))
    let hash = ContentHash(of: Data())
    let question = QuestionMessage(
      exchange: ExchangeID(run, 3), kind: "train", query: Data(), protection: Data(), blobs: [],
      timeLeft: .seconds(1))
    connection.say(.question(question))
    #expect(connection.outbox.count == 0)
    connection.say(.task(TaskMessage(run: run, yaml: "", hash: hash, seed: 7)))
    connection.say(.question(question))
    #expect(connection.outbox.count == 2)
    guard case .task? = try await connection.next(), case .question(let heard)? = try await connection.next()
    else {
      Issue.record("not a task and a question")
      return
    }
    #expect(heard.exchange == question.exchange)
  }
}
