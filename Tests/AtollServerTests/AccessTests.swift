import AtollStore
import GRDB
import Testing

@testable import AtollServer

struct `Looking at a server's pages` {
  private let folder: TestFolder
  private let store: ServerStore

  init() throws {
    folder = try TestFolder()
    store = try ServerStore(in: folder.path + "/server")
  }

  @Test func `takes a link that opens one session, once`() throws {
    let link = try store.makeLink(for: "wall", seconds: 60, lasts: 600)
    let session = try #require(try store.openSession(with: link))
    #expect(session.lasts == 600)
    #expect(try store.session(session.token) == "wall")
    #expect(try store.openSession(with: link) == nil)
    #expect(try store.session(link) == nil)
    try store.closeSession(session.token)
    #expect(try store.session(session.token) == nil)
    let log = try store.auditLog().map { "\($0.actor) \($0.action)" }
    #expect(log == ["server made a link", "wall signed in", "wall signed out"])
  }

  @Test func `an expired link and an expired session open nothing`() throws {
    #expect(try store.openSession(with: store.makeLink(for: "wall", seconds: 0, lasts: 600)) == nil)
    let session = try #require(
      try store.openSession(with: store.makeLink(for: "wall", seconds: 60, lasts: 0)))
    #expect(try store.session(session.token) == nil)
  }

  @Test func `the store has no secret, and another secret of the same name opens nothing`() throws {
    let link = try store.makeLink(for: "wall", seconds: 60, lasts: 600)
    let secret = String(link.text.drop { $0 != "." }.dropFirst())
    let kept = try store.read {
      try String.fetchAll($0, sql: "SELECT id || kind || secret || name FROM access")
    }
    #expect(kept.count == 1 && !kept[0].contains(secret))
    let other = try #require(AccessToken(link.id + "." + String(repeating: "A", count: 43)))
    #expect(try store.openSession(with: other) == nil)
    #expect(try store.openSession(with: link) != nil)
  }

  @Test(arguments: ["", ".", "a.b", "<script>", String(repeating: "x", count: 10_000)])
  func `what is no token is none`(text: String) { #expect(AccessToken(text) == nil) }
}
