import AtollClient
import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

extension PrivacyStatement {
  /// What no guarantee is about, in the words of the task.
  private var sections: [TaskSummary.Section] {
    // What leaves is told by the receipts, of what left indeed.
    task.summary().sections.filter { !["What leaves a participant", "This version"].contains($0.heading) }
  }

  private var bytes: Int { receipts.reduce(0) { $0 + $1.entry.bytes } }

  // MARK: For people

  func print(on console: Console) {
    console.print("\("What the run \(run) took", .strong)\(participant.map { " of \($0)" } ?? "")")
    console.print([
      (
        "task",
        "\(task.name), \(task.contentHash.abbreviated), signed by \(signer.isEmpty ? "nobody" : signer)"
      )
    ])
    heading("What left", on: console)
    if receipts.isEmpty {
      console.print(
        participant == nil
          ? "  nothing: it was simulated on one machine" : "  nothing", indent: 2)
    } else {
      console.print(table)
      console.print(
        "  \(Figure.count(receipts.count, "message")), \(Figure.bytes(bytes)), to \(Set(receipts.map(\.entry.recipient)).sorted().joined(separator: ", "))",
        indent: 2)
    }
    for section in sections {
      heading(section.heading, on: console)
      for line in section.lines { console.print("  \(line.text)", indent: 2) }
    }
    if let privacy = task.privacy { printSpending(privacy, on: console) }
  }

  private func heading(_ text: String, on console: Console) {
    console.print("")
    console.print("\(text, .strong)")
  }

  private var table: TextTable {
    TextTable(
      [.text("when"), .number("bytes"), .text("SHA-256"), .text("what")],
      rows: receipts.map { receipt in
        [
          StyledText(receipt.time), StyledText(Figure.grouped(receipt.entry.bytes)),
          StyledText("\(receipt.entry.hash.hexadecimal.prefix(8))…"), StyledText(receipt.entry.what),
        ]
      }, margin: 2)
  }

  private func printSpending(_ privacy: PrivacyPlan, on console: Console) {
    heading("What the ledger has of it", on: console)
    guard !spending.isEmpty else {
      return console.print("  nothing: no answer was asked for that the guarantee covers", indent: 2)
    }
    for spent in spending {
      console.print(
        "  \(spent.subject): \(Figure.count(spent.charges, "charge")), from \(spent.first.time) to \(spent.last.time)",
        indent: 2)
      console.print(
        [
          ("this run", words(of: spent.ofRun)), ("all runs", words(of: spent.inAll)),
        ], margin: 4)
      if case .success(let guarantee) = spent.ofRun {
        console.print(
          [
            ("holds", "\(privacy.adversary)"),
            ("proved by", "\(guarantee.accountant), \(guarantee.relation)"),
          ] + guarantee.assumptions.map { ("assuming", "\($0)") }, margin: 4)
      }
    }
    if let ledgerHead { console.print([("head", "\(ledgerHead)")], margin: 4) }
  }

  private func words(of spent: Result<PrivacyGuarantee, PrivacyError>) -> StyledText {
    switch spent {
    case .success(let guarantee):
      "ε \(guarantee.promise) at δ \(guarantee.delta.plain) per \(guarantee.unit.rawValue)"
    case .failure(let error): "nobody can tell: \(error.message)"
    }
  }

  // MARK: For programs

  /// - Parameter identity: whose statement it is; nil of a simulation.
  func fields(of identity: Identity? = nil, made: Date = .now) -> [String: JSON] {
    var fields: [String: JSON] = [
      "version": 1, "run": .string(run), "made": .string(made.formatted(.iso8601)),
      "task": .string(task.name), "task_sha256": .string(task.contentHash.hexadecimal),
      "signed_by": .string(signer), "left": .array(receipts.map(Self.fields)), "bytes": .integer(bytes),
      "statements": .array(
        sections.map { section in
          [
            "heading": .string(section.heading), "lines": .array(section.lines.map { .string($0.text) }),
          ]
        }),
      "spending": .array(spending.map(Self.fields)),
      "ledger_head": ledgerHead.map { .string("\($0)") } ?? .null, "promise": .null,
    ]
    if let identity {
      fields["participant"] = .string(identity.name)
      fields["server"] = .string("\(identity.server)")
    }
    if let privacy = task.privacy {
      fields["promise"] = [
        "unit": .string(privacy.unit.rawValue), "relation": .string("\(PrivacyPlan.relation)"),
        "delta": .number(privacy.delta), "epsilon_limit": privacy.epsilon.map { .number($0) } ?? .null,
        "noise_multiplier": .number(privacy.noiseMultiplier), "sampling_rate": .number(privacy.samplingRate),
        "clip": .number(privacy.clip ?? task.protection.clip?.initial ?? .infinity),
        "adversary": .string(privacy.adversary),
        "mechanism": privacy.correlation.map { .string("\($0)") } ?? .null,
        "separation": privacy.correlation.map { .integer($0.separation) } ?? .null,
        "exact": .array(privacy.exact.map { .string($0.words) }),
      ]
    }
    return fields
  }

  private static func fields(of receipt: Receipt) -> JSON {
    [
      "number": .integer(receipt.number), "time": .string(receipt.time),
      "to": .string(receipt.entry.recipient),
      "exchange": .integer(receipt.entry.exchange),
      "round": receipt.entry.round.map { .integer($0) } ?? .null,
      "what": .string(receipt.entry.what), "bytes": .integer(receipt.entry.bytes),
      "sha256": .string(receipt.entry.hash.hexadecimal),
    ]
  }

  private static func fields(of spent: Spending) -> JSON {
    func fields(of spent: Result<PrivacyGuarantee, PrivacyError>) -> JSON {
      switch spent {
      case .success(let guarantee): .object(guarantee.fields)
      case .failure(let error): ["epsilon": .null, "refusal": .string(error.message)]
      }
    }
    var own: [String: JSON] = [
      "subject": .string(spent.subject.name), "charges": .integer(spent.charges),
      "first": .integer(spent.first.sequence), "last": .integer(spent.last.sequence),
      "this_run": fields(of: spent.ofRun), "all_runs": fields(of: spent.inAll),
    ]
    if case .dataSet(let hash, _) = spent.subject.identity { own["sha256"] = .string(hash.hexadecimal) }
    return .object(own)
  }
}
