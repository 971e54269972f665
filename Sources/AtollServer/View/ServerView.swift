import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
package import AtollWire
package import FoundationEssentials
import Synchronization

/// What can be seen of a server from outside: for pages, figures and logs. Nothing can be changed through it but who may
/// look.
public final class ServerView: Sendable {
  let state: ServerState
  private let live = Mutex<(hub: Hub?, address: ServerAddress?)>((nil, nil))
  private let cache = Mutex(RunCache())
  private let chain = Mutex<(firstBroken: Int?, time: ContinuousClock.Instant)?>(nil)
  private let handler = Mutex<(@Sendable (ServerEvent) -> Void)?>(nil)

  var store: ServerStore { state.store }

  init(_ state: ServerState) { self.state = state }

  private var hub: Hub? { live.withLock { $0.hub } }

  // MARK: The server's side

  func listens(at address: ServerAddress) { live.withLock { $0.address = address } }

  /// Writes down where the pages are, for ``ServerState/dashboardLink(for:minutes:days:)``.
  ///
  /// - Throws: `StoreError`.
  public func pagesAre(at url: String) throws {
    try writeAtomically(Data((url + "\n").utf8), to: store.path + "/dashboard.url")
  }

  /// Tells every event from the server's start on, one after the other.
  public func tell(_ handler: @escaping @Sendable (ServerEvent) -> Void) {
    self.handler.withLock { $0 = handler }
  }

  /// Follows what happens, until the task is cancelled.
  func follow(_ hub: Hub) async {
    live.withLock { $0.hub = hub }
    // What cannot be read or written now is tried again with the next change: pages say it by themselves.
    if let known = try? store.knownPresence() { hub.activity.remember(known) }
    var cursors: [RunID: Cursor] = [:]
    var told = 0
    for run in hub.runs { cursors[run] = (try? store.nextEvent(of: run)).map { .next($0) } }
    for await _ in hub.activity.changes() {
      try? store.keep(hub.activity.changedPresence())
      for run in hub.runs where cursors[run] == nil { cursors[run] = .next(0) }
      for case (let run, .next(let number)) in cursors {
        if let cursor = try? tell(run, from: number, hub) { cursors[run] = cursor }
      }
      told = tellHandler(after: told, hub)
      // Small models make thousands of changes in a second; a cancelled sleep ends the loop with the changes.
      try? await Task.sleep(for: .milliseconds(50))
    }
    _ = tellHandler(after: told, hub)
    try? store.keep(hub.activity.changedPresence())
  }

  /// Here, and not where things happen: who reads a log slowly must not hold up a run.
  private func tellHandler(after number: Int, _ hub: Hub) -> Int {
    let events = hub.activity.events(after: number)
    if let handler = handler.withLock({ $0 }) { events.forEach(handler) }
    return events.last?.number ?? number
  }

  /// How far the events of a run are told.
  private enum Cursor {
    case next(Int)
    case over
  }

  /// Tells the events of a run from a number on.
  private func tell(_ run: RunID, from number: Int, _ hub: Hub) throws -> Cursor {
    let events = try store.events(of: run, from: number)
    var cursor = Cursor.next(number + events.count)
    for json in events {
      switch try CanonicalJSON.decode(RunEvent.self, from: json) {
      case .note: break
      case .round(let report, let seconds):
        hub.activity.committed(ServerEvent.Round(report, seconds: seconds), in: run)
      case .finished:
        hub.activity.ended(run, .finished, reason: "")
        cursor = .over
      case .failed(let end):
        hub.activity.ended(run, try store.run(run)?.status ?? .failed, reason: end.reason)
        cursor = .over
      }
    }
    return cursor
  }

  // MARK: Readiness

  /// Why the server cannot do its work now; nil when it can.
  package func unreadiness() -> String? {
    guard live.withLock({ $0.hub != nil && $0.address != nil }) else { return "it does not listen yet" }
    return store.obstacle()
  }

  // MARK: Runs

  /// At most so many runs are listed.
  package static let runLimit = 200

  /// The latest runs, the latest first.
  ///
  /// - Throws: `StoreError`.
  package func runs() throws -> [RunRow] { try store.runs().prefix(Self.runLimit).map(row) }

  private func row(of run: StoredRun) throws -> RunRow {
    let task = try cache.withLock { try $0.task(of: run) }
    let host = hub?.host(of: run.id)
    let last = try cache.withLock { try $0.last(of: run, store) }
    return RunRow(
      id: run.id, task: run.header.task, status: run.status, reason: run.reason,
      round: max(host?.lastRound ?? 0, last.round), rounds: task.federation.rounds,
      participants: run.header.participants, submittedBy: run.submittedBy, submitted: run.submitted,
      headline: last.evaluation?[task.evaluation.headlineMetric].map {
        RunRow.Headline(task.evaluation.headlineMetric, $0)
      },
      wait: run.status.isOver ? nil : hub?.activity.waiting(of: run.id).map(RunWait.init))
  }

  /// All about a run; nil where there is none.
  ///
  /// - Throws: `StoreError`.
  package func run(_ id: RunID) throws -> RunDetail? {
    guard let run = try store.run(id) else { return nil }
    let task = try cache.withLock { try $0.task(of: run) }
    let (rounds, ending) = try cache.withLock { try $0.story(of: run, store) }
    let presence = try presence()
    let refusals = try store.refusals(in: id)
    // How often a participant was asked would tell when, where that is drawn in secret.
    let answers =
      task.keepsCohortsSecret
      ? nil : try store.contributionCounts(in: id, participants: run.header.participants.count)
    var evaluations = hub?.activity.sites(of: id) ?? [:]
    if case .finished(let end) = ending { evaluations = end.evaluation?.sites ?? [:] }
    let sites = run.header.participants.map { participant in
      RunDetail.Site(
        participant, isConnected: presence[participant]?.isConnected ?? false,
        seen: presence[participant]?.seen, answers: answers.map { $0[participant] ?? 0 },
        refusals: Self.named(refusals[participant]), evaluation: evaluations[participant])
    }
    let members = Set(run.header.participants)
    let events = hub?.activity.events.filter { event in
      event.run == id || (event.run == nil && event.participant.map(members.contains) ?? false)
    }
    return RunDetail(
      row: try row(of: run), evaluation: task.evaluation, privacy: task.privacy, name: task.name,
      rounds: rounds, ending: ending, sites: sites, events: (events ?? []).reversed())
  }

  private static func named(_ refusals: [RefusalCode: Int]?) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: (refusals ?? [:]).map { ($0.key.rawValue, $0.value) })
  }

  // MARK: Participants

  private func presence() throws -> [ParticipantID: ServerActivity.Presence] {
    try hub?.activity.presence ?? store.knownPresence()
  }

  /// Everyone who is or was enrolled as a participant, by name.
  ///
  /// - Throws: `StoreError`.
  package func participants() throws -> [ParticipantRow] {
    let presence = try presence()
    let refusals = try store.refusals()
    let members = try store.members().filter { $0.role == .participant }
    return Dictionary(grouping: members, by: \.name).map { name, certificates in
      let participant = ParticipantID(name)
      let seen = participant.flatMap { presence[$0] }
      return ParticipantRow(
        name: name, isConnected: seen?.isConnected ?? false,
        isRevoked: certificates.allSatisfy(\.isRevoked), seen: seen?.seen, software: seen?.software,
        notAfter: certificates.filter { !$0.isRevoked }.map(\.notAfter).max()
          ?? certificates.map(\.notAfter).max() ?? 0,
        refusals: Self.named(participant.flatMap { refusals[$0] }))
    }.sorted { $0.name < $1.name }
  }

  // MARK: Audit log

  /// - Parameter number: entries before it; nil for the latest.
  /// - Throws: `StoreError`.
  package func audit(before number: Int? = nil) throws -> AuditPage {
    let limit = 100
    let entries = try store.auditEntries(before: number, limit: limit + 1)
    let shown = entries.prefix(limit).map { entry in
      AuditPage.Line(
        number: entry.number, time: entry.time, actor: entry.actor, action: entry.action,
        subject: entry.subject)
    }
    return AuditPage(
      lines: shown, next: entries.count > limit ? shown.last?.number : nil,
      firstBroken: try firstBroken())
  }

  /// Each entry is hashed for it: once a minute is enough for pages.
  private func firstBroken() throws -> Int? {
    try chain.withLock { chain in
      if let chain, .now - chain.time < .seconds(60) { return chain.firstBroken }
      let firstBroken = try store.firstBrokenAuditEntry()
      chain = (firstBroken, .now)
      return firstBroken
    }
  }

  // MARK: Figures

  /// - Throws: `StoreError`.
  package func figures() throws -> ServerFigures {
    var figures = ServerFigures()
    figures.runs = try store.runCounts()
    figures.enrolled = try store.enrolledParticipants().count
    for code in RefusalCode.allCases { figures.refusals[code.rawValue] = 0 }
    for counts in try store.refusals().values {
      for (code, count) in counts { figures.refusals[code.rawValue, default: 0] += count }
    }
    guard let hub else { return figures }
    for run in hub.runs { figures.rounds[run] = hub.host(of: run)?.lastRound }
    figures.connected = hub.present.count
    let counts = hub.activity.counts
    (figures.committedRounds, figures.bytesUp, figures.bytesDown) = (
      counts.rounds, counts.bytesUp, counts.bytesDown
    )
    figures.exchanges = counts.exchanges
    figures.receivingSeconds = hub.receiving / .seconds(1)
    return figures
  }

  /// Another number after each change; 0 while the server does not run.
  package var version: Int { hub?.activity.version ?? 0 }

  // MARK: Who may look

  /// Opens a session with a link, which is used up.
  ///
  /// - Returns: the session's secret and how many seconds it lasts; nil when the link is none, was used, or has expired.
  /// - Throws: `StoreError`.
  package func signIn(with link: String) throws -> (session: String, lasts: Int)? {
    guard let token = AccessToken(link), let session = try store.openSession(with: token) else { return nil }
    return (session.token.text, session.lasts)
  }

  /// Who has that session; nil when it is none, or is over.
  ///
  /// - Throws: `StoreError`.
  package func viewer(_ session: String) throws -> String? {
    try AccessToken(session).flatMap { try store.session($0) }
  }

  /// Ends a session.
  ///
  /// - Throws: `StoreError`.
  package func signOut(_ session: String) throws {
    if let token = AccessToken(session) { try store.closeSession(token) }
  }

  /// A key and a certificate of the federation's authority, for pages at an address that others reach.
  ///
  /// - Throws: `WireError`.
  package func pageCertificate(for names: [String]) throws -> (certificate: Data, keyPEM: String) {
    let key = IdentityKey()
    return (try state.authority.certify(serverKey: key, names: names).der, key.pem)
  }
}

extension ServerEvent.Round {
  init(_ report: RoundReport, seconds: Double) {
    self.init(
      round: report.round, participants: report.participants, cohort: report.cohort, bytesUp: report.bytesUp,
      bytesDown: report.bytesDown, loss: report.evaluation?.pooled[.loss], seconds: seconds)
  }
}

extension RunWait {
  init(_ waiting: Waiting) {
    self.init(
      round: waiting.round, purpose: waiting.purpose, awaited: waiting.awaited,
      asked: waiting.answers.map { _ in
        Asked(cohort: waiting.cohort.sorted(), answered: waiting.answered.sorted())
      },
      secondsLeft: max(0, Int((waiting.deadline - .now) / .seconds(1))), problem: waiting.problem)
  }
}

extension EvaluationPlan {
  /// What a run goes by: the first metric that is not the loss.
  fileprivate var headlineMetric: Metric { metrics.first { $0 != .loss } ?? .loss }
}
