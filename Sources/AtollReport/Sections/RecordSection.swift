import AtollFederation
import AtollNumerics

/// Task and manifest, folded away.
struct RecordSection {
  let record: RunRecord

  var section: Section {
    Section(
      id: "record", heading: "For the record",
      content: """
        <details class="fold"><summary>Task</summary><div class="in"><pre tabindex="0">\(record.task.yaml)</pre></div></details>
        <details class="fold"><summary>Manifest</summary><div class="in">\(manifest)</div></details>
        """)
  }

  private var manifest: HTML {
    let header = record.header
    var facts: [(String, String)] = [
      ("atoll", header.atoll), ("seed", "\(header.seed)"), ("task", header.task.description),
    ]
    if let command = header.trainer { facts.append(("trainer", command)) }
    if let end = record.finished {
      facts.append(("model", "sha256:\(end.hash.hexadecimal)"))
      facts.append(("model of round", "\(end.bestRound) of \(end.rounds)"))
      facts.append(("numbers in it", Figure.grouped(end.parameters)))
    }
    facts.append(("exchanges", Figure.grouped(record.exchanges.count)))
    if let hash = try? record.exchanges.last?.hash { facts.append(("end of the chain", hash.description)) }
    facts.append(("participants", Self.list(header.participants.map(\.name))))
    for (name, hash) in header.data.sorted(by: { $0.key < $1.key }).prefix(24) {
      facts.append(("data of \(name)", hash.description))
    }
    if header.data.count > 24 {
      facts.append(("data", "and \(header.data.count - 24) more in manifest.json"))
    }
    let rows = facts.map {
      "<tr><th scope=\"row\">\($0.0)</th><td class=\"text mono\">\($0.1)</td></tr>\n" as HTML
    }
    let words: HTML =
      record.finished == nil
      ? "A run that is not finished has no manifest yet; this is its beginning."
      : """
      The whole manifest, a chain of records each of which carries the SHA-256 of the one before, is \
      <code>manifest.json</code> in the run’s folder; <code>atoll verify</code> checks it.
      """
    return """
      <table class="facts"><caption class="hidden">Manifest</caption><tbody>
      \(rows)</tbody></table>
      <p class="note">\(words)</p>
      """
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(24).joined(separator: ", ")
    return names.count <= 24 ? shown : shown + " and \(names.count - 24) more"
  }
}
