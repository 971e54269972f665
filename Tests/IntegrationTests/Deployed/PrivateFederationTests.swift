import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import Foundation
import Testing

/// Runs that promise privacy for each row, in processes: what is charged, stated and refused, and that no kill loses a charge.
@Suite(.serialized, .timeLimit(.minutes(20))) struct `A private federation of processes` {
  private static let hospitals = CrashRun.hospitals

  private func study(rounds: Int, more: String = "") -> Study {
    let base = Study.tumours(
      "private", model: "logistic", training: "{learning-rate: 0.05, local-steps: 3}",
      federation: "{rounds: \(rounds), deadline: 60s\(more)}")
    return Study(
      name: base.name,
      task: base.task
        + "privacy: {unit: record, noise-multiplier: 1, sampling-rate: 0.1, exact: [evaluation, preprocessing]}\n",
      files: base.files)
  }

  private static func policy(inAll epsilon: String) -> String {
    """
    version: 1
    operators: any
    tasks: any
    questions: any
    models: {kinds: any, most-parameters: any}
    columns: {features: any, labels: any, groups: any}
    preprocessing: {missing: any, scale: any, categories: any}
    per-site: {columns: true, evaluation: true, details: true, replies: true}
    limits: {rounds: any, exchanges: any, bytes: any, rounds-in-all: any, exchanges-in-all: any, bytes-in-all: any}
    privacy: {units: [record], most-epsilon: any, most-epsilon-in-all: \(epsilon), exact: any}
    """
  }

  /// Numbers of a run's exchanges that a ledger has, each as often as it has it.
  private func charged(_ folder: Folder, _ book: String) throws -> [Int: Int] {
    let audit = try LedgerAudit(contentsOf: "\(folder.path)/\(book)/ledger.jsonl")
    #expect(audit.fault == nil, "\(book): \(audit.fault.map { "\($0)" } ?? "")")
    var charged: [Int: Int] = [:]
    for entry in audit.ledger.entries {
      if case .exchange(let exchange, _, _) = entry.activity.identity { charged[exchange, default: 0] += 1 }
    }
    return charged
  }

  @Test func `states what it took, signed, and whoever changes a word of it is found out`() throws {
    let federation = try Federation(study(rounds: 3))
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    let watched = try federation.watch(run, to: "result", deadline: 60)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name).status == 0) }

    for place in ["ashford.id", "ashford.id/state", "ashford.id/state/ledger.jsonl", "server"] {
      let shown = try atoll("privacy", "ledger", place, in: folder)
      #expect(shown.status == 0, "\(place): \(shown.errors)")
      #expect(shown.output.contains("unbroken, 3 entries"), "\(place): \(shown.output)")
    }
    let none = try atoll("privacy", "ledger", ".", in: folder)
    #expect(none.status == 65 && none.words.contains("nothing was charged here"))

    let text = try atoll("privacy", "receipt", run, "--identity", "ashford.id", in: folder)
    #expect(text.status == 0, "\(text.errors)")
    let words = text.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for part in [
      "What the run \(run) took of ashford", "What left", "the update of round 3", "What the server sees",
      "Guarantee", "not covered, as it is told exactly", "Not protected", "ashford.csv", "3 charges",
      "this run ε ", "all runs ε ", "against everyone, the server and the other participants included",
    ] { #expect(words.contains(part), "“\(part)” is missing in \(text.output)") }

    let signed = try shell(
      "$atoll privacy receipt \(run) --identity ashford.id --json > statement", in: folder)
    #expect(signed.status == 0, "\(signed.errors)")
    let checked = try atoll(
      "privacy", "receipt", "--verify", "statement", "--identity", "birk.id", in: folder)
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.output.contains("unchanged since ashford signed it"))
    let alone = try atoll("privacy", "receipt", "--verify", "statement", in: folder)
    #expect(alone.status == 0 && alone.words.contains("only what the certificate in the file says"))
    let statement = try folder.text("statement")
    try folder.write(statement.replacing("\"charges\":3", with: "\"charges\":2"), to: "forged")
    let forged = try atoll("privacy", "receipt", "--verify", "forged", in: folder)
    #expect(forged.status == 1 && forged.words.contains("one of the two was changed"))
    let half = try atoll("privacy", "receipt", "--verify", "task.yaml", in: folder)
    #expect(half.status == 65 && half.words.contains("not a signed statement"))
    let strange = try atoll("privacy", "receipt", "other-1", "--identity", "ashford.id", in: folder)
    #expect(strange.status == 65 && strange.words.contains("nothing was answered here"))

    let simulated = try atoll("run", "task.yaml", "--out", "simulated", in: folder)
    #expect(simulated.status == 0, "\(simulated.errors)")
    let alike = try atoll("privacy", "receipt", "simulated", in: folder)
    #expect(alike.status == 0, "\(alike.errors)")
    #expect(alike.output.contains("nothing: it was simulated on one machine"))
    #expect(alike.output.contains("3 charges"))
  }

  @Test func `ends with 77 for whom the budget ends, and the line says which rule and how much`() throws {
    let federation = try Federation(study(rounds: 3, more: ", quorum: 0.75"))
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    try folder.write(Self.policy(inAll: "0.01"), to: "policy.yaml")
    for name in Self.hospitals.dropLast() { try federation.participate(name) }
    // The run alone would exceed it: refused before anyone is called.
    try federation.participate("dalen", "--policy", "policy.yaml")
    let refused = try federation.end(of: "dalen")
    #expect(refused.status == 77)
    #expect(refused.words.contains("privacy.most-epsilon-in-all allows at most 0.01"), "\(refused.errors)")

    let trained = try atoll("run", "task.yaml", "--trainer", "python3 train.py", in: folder)
    #expect(trained.status == 65)
    #expect(trained.words.contains("a program of your own cannot promise privacy for each record"))
    let own = try atoll(
      "participate", "task.yaml", "--identity", "dalen.id", "--data", "dalen.csv", "--trainer",
      "python3 train.py",
      in: folder)
    #expect(own.status == 77)
    #expect(own.words.contains("a program of your own cannot promise privacy for each record"))
  }

  @Test func `takes everyone in turn and is charged once where noise is correlated, killed at any moment`()
    throws
  {
    let base = Study.tumours(
      "turns", model: "logistic", training: "{learning-rate: 0.05, local-steps: 3, batch-size: 10}",
      federation: "{rounds: 60, deadline: 60s, cohort: 0.5}")
    let federation = try Federation(
      Study(
        name: base.name,
        task: base.task
          + "protection: {clip: 1.0}\nprivacy: {noise-multiplier: 9, mechanism: {kind: banded, bands: 2}, exact: [evaluation, preprocessing]}\n",
        files: base.files))
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    #expect(try killAround(federation, seed: 7) > 8)
    let watched = try federation.watch(run, to: "result", deadline: 120)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name, deadline: 60).status == 0) }
    #expect(try federation.stopServer()?.status == 0)
    let trained = try Manifest.read("\(folder.path)/server/runs/\(run)").exchanges.filter {
      $0.query.hasPrefix("train")
    }
    #expect(trained.count == 60)
    // One order for all rounds, with two in each: whoever is missing at its turn misses it.
    let turns = [trained[0].contributors, trained[1].contributors].map { Set($0.map(\.participant)) }
    #expect(turns[0].count == 2 && turns[1].count == 2 && turns[0].isDisjoint(with: turns[1]))
    for (round, record) in trained.enumerated() {
      #expect(Set(record.contributors.map(\.participant)) == turns[round % 2], "round \(round + 1)")
    }
    #expect(try folder.rows(of: "server/atoll.sqlite", query: "SELECT run FROM secret").isEmpty)
    for place in ["server"] + Self.hospitals.map({ "\($0).id/state" }) {
      let audit = try LedgerAudit(contentsOf: "\(folder.path)/\(place)/ledger.jsonl")
      #expect(audit.fault == nil)
      let activities = audit.ledger.entries.map(\.activity.identity)
      #expect(activities.count { $0 == .run(run) } == 1, "\(place): \(activities)")
      // An answer that left and was computed anew is one turn more, and nothing else is charged.
      for activity in activities.dropFirst() {
        guard case .exchange(_, _, let repetition) = activity else { continue }
        #expect(repetition > 0 && place != "server", "\(place): \(activity)")
      }
    }
  }

  @Test func `has every answer that left in its owner's ledger, killed at any moment`() throws {
    let federation = try Federation(study(rounds: 60))
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    let kills = try killAround(federation, seed: 5)
    #expect(kills > 8)
    let watched = try federation.watch(run, to: "result", deadline: 120)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name, deadline: 60).status == 0) }
    #expect(try federation.stopServer()?.status == 0)
    let committed = try folder.rows(
      of: "server/atoll.sqlite",
      query: "SELECT exchange, participant FROM contribution WHERE run = '\(run)' ORDER BY 1, 2")
    for name in Self.hospitals {
      let charged = try charged(folder, "\(name).id/state")
      let receipts = try ReceiptAudit(contentsOf: "\(folder.path)/\(name).id/state/receipts.jsonl").receipts
      let trained = receipts.filter { $0.entry.round != nil }.map(\.entry.exchange)
      for exchange in Set(trained) {
        let left = trained.count { $0 == exchange }
        #expect(charged[exchange, default: 0] >= left, "\(name), exchange \(exchange)")
      }
      // Not one charge more than kills explain.
      #expect(charged.values.reduce(0, +) <= trained.count + kills)
      let inSums = committed.filter { $0[1] == name }.compactMap { Int($0[0]) }
      #expect(Set(inSums).intersection(trained).isSubset(of: charged.keys))
      #expect(Set(inSums).intersection(trained).count == 60)
    }
  }

  @Test
  func `has every round in the server's ledger once, and no cohort is left behind, killed at any moment`()
    throws
  {
    let rounds = 60
    let base = Study.tumours(
      "secret", model: "logistic", training: "{learning-rate: 0.05}",
      federation: "{rounds: \(rounds), deadline: 60s, cohort: {poisson: 0.5}}")
    let federation = try Federation(
      Study(
        name: base.name,
        task: base.task + """
          protection: {clip: 1}
          privacy: {unit: participant, noise-multiplier: 2, exact: [evaluation, preprocessing]}

          """, files: base.files))
    let folder = federation.folder
    try federation.serve()
    try federation.enroll(Self.hospitals)
    for name in Self.hospitals { try federation.participate(name) }
    let run = try federation.submit()
    let kills = try killAround(federation, seed: 6)
    #expect(kills > 8)
    let watched = try federation.watch(run, to: "result", deadline: 120)
    #expect(watched.status == 0, "\(watched.errors)")
    for name in Self.hospitals { #expect(try federation.end(of: name, deadline: 60).status == 0) }
    #expect(try federation.stopServer()?.status == 0)
    // Every round's noise is paid for before anybody is asked, and once, however often the exchange was opened.
    let charged = try charged(folder, "server")
    #expect(charged.count == rounds && charged.values.allSatisfy { $0 == 1 }, "\(charged)")
    let secrets = try folder.rows(of: "server/atoll.sqlite", query: "SELECT count(*) FROM secret")
    #expect(secrets == [["0"]])
  }

  /// Kills server and participants at moments drawn by a seed, while the run goes on.
  ///
  /// - Returns: how often.
  private func killAround(_ federation: Federation, seed: UInt64) throws -> Int {
    var coins = RandomStream(seed: seed, purpose: .network)
    var kills = 0
    while kills < 16, !Self.hospitals.contains(where: { federation.hasEnded($0) }) {
      usleep(UInt32(20_000 + 150_000 * coins.uniform()))
      let victim = Int(coins.uniform() * 5)
      if victim == 4 {
        try federation.killServer()
        try federation.serve()
      } else if !federation.hasEnded(Self.hospitals[victim]) {
        try federation.kill(Self.hospitals[victim])
        try federation.participate(Self.hospitals[victim])
      }
      kills += 1
    }
    return kills
  }
}
