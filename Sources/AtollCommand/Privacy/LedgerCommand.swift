import ArgumentParser
import AtollNumerics
import AtollPrivacy
import AtollReport
import AtollStore
import FoundationEssentials

/// `atoll privacy ledger`: what was spent, by subject.
struct LedgerCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract:
      "Show what was given away of each data set and population, and check that the ledger is as it was written.",
    discussion: """
      A ledger has an entry for every release that has a privacy guarantee, written before the release. What was \
      spent of a subject is the composition of all its entries: ε at δ, by the accountant that proves the smallest. \
      Entries per record and per participant, and under different neighbouring relations, do not add up: each has \
      a line of its own, and where one does not know of everything that was released, it says so.

      Each line of the file carries the SHA-256 of the line before; a file beside it, FILE.head, says where it ends. \
      Whoever can write both can forge both, or put an older copy in their place: keep the head elsewhere now and \
      then, and give it with --head.

      Exit code 0 when all holds, 1 when something does not. With --json: an event "spending" for each line, then \
      "ledger".
      """)

  @Argument(
    help: "The ledger, or the folder that has it: an identity's, a server's or a run's.",
    completion: .file(extensions: ["jsonl"]), transform: nonEmptyPath)
  var path: String

  @Option(
    help: ArgumentHelp(
      "Show this subject only: by its name, or a data set by its SHA-256.", valueName: "name"))
  var subject: String?

  @Option(help: "The δ at which ε is told.")
  var delta = 1e-6

  @Option(
    help: ArgumentHelp("A head that was kept elsewhere: it must be in the file.", valueName: "n:sha256"))
  var head: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard delta >= 0, delta < 1 else { throw ValidationError("--delta is at least 0 and below 1") }
    if let head, LedgerHead(head) == nil {
      throw ValidationError("--head is the number of an entry, a colon, and its SHA-256")
    }
  }

  func run(on console: Console) throws {
    let file = try LedgerFile.path(of: path)
    let audit = try LedgerAudit(contentsOf: file, kept: head.flatMap { LedgerHead($0) })
    // There is nothing to show of what is no book.
    if let fault = audit.fault, fault == .chain(.noBook) { throw failure(fault, in: file) }
    let subjects = audit.ledger.subjects.filter { shows($0) }
    if subjects.isEmpty, let subject, audit.fault == nil {
      throw Failure(
        .badInput, "\(file): nothing was charged of “\(subject)”",
        try: ["atoll privacy ledger \(Shell.quoted(file))        all subjects"])
    }
    var table = TextTable([
      .text("of"), .text("per"), .text("neighbours"), .number("entries"), .number("ε"), .text("accountant"),
      .text("first"), .text("last"),
    ])
    for subject in subjects {
      for statement in audit.ledger.statements(of: subject) {
        table.rows.append(show(statement, of: audit.ledger, on: console))
      }
    }
    if !table.rows.isEmpty {
      console.print(table)
      console.print("")
    }
    report(audit, on: console)
    if let fault = audit.fault { throw failure(fault, in: file) }
  }

  private func failure(_ fault: LedgerAudit.Fault, in file: String) -> Failure {
    Failure(.runFailed, "\(file): \(fault)", details: ["file": .string(file)])
  }

  private func shows(_ subject: PrivacySubject) -> Bool {
    guard let name = self.subject else { return true }
    if case .dataSet(let hash, _) = subject.identity, ContentHash(name) == hash { return true }
    return subject.name == name
  }

  private func show(
    _ statement: PrivacyLedger.Statement, of ledger: PrivacyLedger, on console: Console
  ) -> [StyledText] {
    let spent = Result { () throws(PrivacyError) in
      try ledger.spending(
        of: statement.subject, delta: delta, unit: statement.unit, relation: statement.relation)
    }
    var fields: [String: JSON] = [
      "subject": .string(statement.subject.name), "unit": .string(statement.unit.rawValue),
      "relation": .string(statement.relation.rawValue), "entries": .integer(statement.count),
      "first": .entry(statement.first), "last": .entry(statement.last),
      "delta": .number(delta), "epsilon": .null,
    ]
    switch statement.subject.identity {
    case .dataSet(let hash, let participant):
      fields["participant"] = .string(participant)
      fields["sha256"] = .string(hash.hexadecimal)
    case .population(let population, let server):
      fields["population"] = .string(population)
      fields["server"] = .string(server)
    }
    var figure: (epsilon: StyledText, accountant: String) = (StyledText("–"), "–")
    switch spent {
    case .success(let guarantee):
      // Infinite is no number in JSON; the accountant is named then, and ε is null.
      fields["epsilon"] = .number(guarantee.epsilon)
      fields["accountant"] = .string(guarantee.accountant)
      let isFinite = guarantee.epsilon.isFinite
      // Rounded up: what is shown must not be less than what was spent.
      let shown = (guarantee.epsilon * 1000).rounded(.up) / 1000
      figure = (StyledText(isFinite ? Figure.fixed(shown, 3) : "∞"), guarantee.accountant)
    case .failure(let refusal):
      fields["refusal"] = .string(refusal.message)
      console.warn("\(statement.subject) per \(statement.unit), \(statement.relation): \(refusal.message)")
    }
    console.emit("spending", fields)
    return [
      StyledText(statement.subject.name), StyledText(statement.unit.rawValue),
      StyledText(statement.relation.description),
      StyledText(Figure.grouped(statement.count)), figure.epsilon, StyledText(figure.accountant),
      StyledText(statement.first.time), StyledText(statement.last.time),
    ]
  }

  private func report(_ audit: LedgerAudit, on console: Console) {
    let ledger = audit.ledger
    if audit.torn > 0 {
      console.warn(
        "the last \(Figure.count(audit.torn, "byte")) are a line that was never finished: nothing was released for it"
      )
    }
    if let jump = ledger.clockJumps.first {
      console.warn(
        """
        a clock was set back before entry \(jump)\(ledger.clockJumps.count > 1 ? ", and later again" : ""): \
        times are no order here, numbers are
        """)
    }
    warnOfVersions(ledger, on: console)
    console.emit(
      "ledger",
      [
        "holder": .string(audit.holder), "began": .string(audit.began),
        "entries": .integer(ledger.entries.count), "subjects": .integer(ledger.subjects.count),
        "holds": .bool(audit.fault == nil), "head": .string("\(audit.head)"),
        "clock_jumps": .array(ledger.clockJumps.map { .integer($0) }),
        "fault": audit.fault.map { .string("\($0)") } ?? .null,
      ])
    console.print(
      """
      \("\(audit.holder)", .strong): \(Figure.count(ledger.entries.count, "entry", "entries")) since \(audit.began); \
      ε at δ \("\(delta)")
      """)
    guard audit.fault == nil else { return }
    console.print([
      ("chain", "unbroken, \(Figure.count(ledger.entries.count, "entry", "entries"))"),
      ("head", "\(audit.head)"),
    ])
  }

  /// Data that changed are another data set; rows that were in both have spent the sum, which no line tells.
  private func warnOfVersions(_ ledger: PrivacyLedger, on console: Console) {
    let sets = ledger.subjects.filter { if case .dataSet = $0.identity { true } else { false } }
    for (name, versions) in Dictionary(grouping: sets, by: \.name).sorted(by: { $0.key < $1.key })
    where versions.count > 1 && subject ?? name == name {
      console.warn(
        "“\(name)” is \(versions.count) data sets, as it changed: of a row that is in several, all that they spent was spent"
      )
    }
  }
}

extension JSON {
  /// An entry in short: its number, time and activity.
  fileprivate static func entry(_ entry: LedgerEntry) -> JSON {
    .object([
      "sequence": .integer(entry.sequence), "time": .string(entry.time),
      "activity": .string("\(entry.activity)"),
    ])
  }
}

/// Where a ledger lies.
enum LedgerFile {
  /// The file that is meant by a path: itself, or the one in a folder of a participant's identity or state, of a server, or
  /// of a simulated run.
  ///
  /// - Throws: ``Failure`` where there is none in the folder.
  static func path(of path: String) throws -> String {
    let files = FileManager.default
    var isFolder = false
    guard files.fileExists(atPath: path, isDirectory: &isFolder), isFolder else { return path }
    let places = ["ledger.jsonl", "state/ledger.jsonl"].map { path + (path.hasSuffix("/") ? "" : "/") + $0 }
    if let found = places.first(where: {
      files.fileExists(atPath: $0) || files.fileExists(atPath: $0 + ".head")
    }) {
      return found
    }
    throw Failure(
      .badInput, "\(path): nothing was charged here: there is no ledger.jsonl in it, nor in its folder state",
      details: ["file": .string(path)])
  }
}
