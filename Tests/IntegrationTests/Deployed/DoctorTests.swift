import Foundation
import Testing

/// `atoll doctor`: what is found on both sides, and what the exit code says of it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `The doctor` {
  private func verdicts(_ ended: Ended) throws -> [String: String] {
    let checks = try ended.events().filter { $0["event"] as? String == "check" }
    return Dictionary(
      checks.compactMap { check in
        (check["check"] as? String).flatMap { name in (check["verdict"] as? String).map { (name, $0) } }
      }, uniquingKeysWith: { $0 == "ok" ? $1 : $0 })
  }

  @Test func `finds nothing wrong with a server that runs and a participant that may join`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(["ashford"])
    let server = try atoll("doctor", "--state", "server", "--json", in: folder)
    #expect(server.status == 0, "\(server.errors)")
    let served = try verdicts(server)
    #expect(Set(served.values) == ["ok"], "\(served)")
    #expect(
      Set(served.keys) == [
        "permissions", "disk", "database", "audit log", "clock", "certificate", "members", "server", "runs",
      ])
    let participant = try atoll(
      "doctor", "--identity", "ashford.id", "--data", "ashford.csv", "--json", in: folder)
    #expect(participant.status == 0, "\(participant.errors)")
    let found = try verdicts(participant)
    #expect(Set(found.values) == ["ok"], "\(found)")
    for check in ["kernels", "identity", "permissions", "certificate", "data", "port", "handshake", "clock"] {
      #expect(found[check] == "ok", "\(check)")
    }
    let words = try atoll("doctor", "--identity", "ashford.id", in: folder)
    #expect(words.output.contains("checks, all ok."))
    #expect(words.output.contains("the server is of this federation, and knows ashford"))
  }

  @Test func `says what is wrong, and what mends it`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(["ashford", "birk"])
    // Others can read the key.
    #expect(try shell("chmod 644 ashford.id/key.pem", in: folder).status == 0)
    let open = try atoll("doctor", "--identity", "ashford.id", "--json", in: folder)
    #expect(open.status == 65)
    let check = try #require(
      try open.events().first {
        $0["check"] as? String == "permissions" && $0["verdict"] as? String == "problem"
      })
    #expect(check["mend"] as? String == "chmod go-rwx ashford.id/key.pem")
    #expect(try shell("chmod 600 ashford.id/key.pem", in: folder).status == 0)
    // Data that are not there.
    let absent = try atoll("doctor", "--identity", "ashford.id", "--data", "absent.csv", "--json", in: folder)
    #expect(absent.status == 65)
    #expect(try verdicts(absent)["data"] == "problem")
    // The server does not know the participant any more.
    #expect(try atoll("revoke", "birk", "--state", "server", in: folder).status == 0)
    let revoked = try atoll("doctor", "--identity", "birk.id", in: folder)
    #expect(revoked.status == 76)
    #expect(revoked.output.contains("has been revoked"))
    // It is away.
    #expect(try federation.stopServer()?.status == 0)
    let alone = try atoll("doctor", "--identity", "ashford.id", in: folder)
    #expect(alone.status == 69)
    #expect(alone.output.contains("cannot be connected to: Connection refused"))
    let stopped = try atoll("doctor", "--state", "server", in: folder)
    #expect(stopped.status == 69)
    #expect(stopped.output.contains("atoll serve --state server"))
    // Its database is damaged.
    try folder.write("no database at all", to: "server/atoll.sqlite")
    let damaged = try atoll("doctor", "--state", "server", "--json", in: folder)
    #expect(damaged.status == 65)
    #expect(try verdicts(damaged)["state"] == "problem")
    #expect(try atoll("doctor", "--identity", "nobody", in: folder).status == 65)
    #expect(try atoll("doctor", in: folder).status == 64)
  }

  @Test func `makes links to pages that are served, and to no others`() throws {
    let federation = try Federation(.logistic)
    let folder = federation.folder
    #expect(try atoll("dashboard", "--state", "server", in: folder).status == 65)
    try federation.serve()
    let deadline = Date(timeIntervalSinceNow: 20)
    while !folder.has("server/dashboard.url"), Date.now < deadline { usleep(5_000) }
    let made = try atoll("dashboard", "--state", "server", "--name", "wall", in: folder)
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.output.contains(#/^http://127\.0\.0\.1:\d+/sign-in\?token=[\w-]{12}\.[\w-]{43}\n$/#))
    #expect(made.words.contains("Opens once, until"))
  }
}
