import AtollFederation
import AtollNumerics

/// What leaves a participant, what the server sees, and what is not protected: the task's own summary, in a box.
struct PrivacySection {
  let record: RunRecord

  var section: Section {
    let summary = record.task.summary(
      parameters: record.finished?.parameters, participants: record.header.participants.map(\.name))
    // That this version simulates is said above all of it.
    let parts = summary.sections.filter { $0.heading != "This version" }.map(part)
    return Section(
      id: "privacy", heading: "Privacy statement",
      content: """
        <div class="privacy">
        <p><b>This run was simulated: all data were on one machine and nothing left it.</b> Deployed, the same task would do \
        the following at every participant. \(promise)\(trainer)</p>
        <div class="grid">\(parts)</div>
        </div>
        \(spending)
        <p class="note">“Alone” and “pooled” need all data in one place: they exist in a simulation only.</p>
        """)
  }

  private var promise: HTML {
    record.task.promise.map { "There is no secure aggregation. Differential privacy is promised: \($0)." }
      ?? "There is no secure aggregation, and this task promises no differential privacy."
  }

  /// What was given away, round by round, and why the run ended before its time where privacy ended it.
  private var spending: HTML {
    guard let privacy = record.task.privacy else { return "" }
    let chart = SpendingChart(
      record.rounds.map(\.report), rounds: record.task.federation.rounds, privacy: privacy, isLive: false)
    let stopped = record.finished?.stopped.map {
      "<p><b>The run ended before its time: \($0).</b></p>\n" as HTML
    }
    return "\(stopped ?? "")\(chart.map { "<div class=\"two\">\($0.chart.html)</div>" as HTML } ?? "")"
  }

  private var trainer: HTML {
    guard let command = record.header.trainer else { return "" }
    return """
       The participants trained with a program of their own, <code>\(command)</code>: what it does with a row is not known, and \
      no privacy of single records is ever claimed for it.
      """
  }

  private func part(_ section: TaskSummary.Section) -> HTML {
    if section.lines.count == 1, let line = section.lines.first {
      // The one that must not be overlooked.
      return
        "<div><h3>\(section.heading)</h3><p class=\"strong\">\(English.capitalized(line.text)).</p></div>\n"
    }
    let lines = section.lines.map { line -> HTML in
      let label: HTML =
        switch line.label {
        case "": ""
        case "a round": "Each round: "
        case "never": "<b>Never:</b> "
        case let label where label.hasSuffix("rounds"): "Every \(label): "
        case let label: "\(English.capitalized(label)): "
        }
      let text = line.label.isEmpty ? English.capitalized(line.text) : line.text
      return "<li>\(label)\(text).</li>\n"
    }
    return "<div><h3>\(section.heading)</h3><ul>\n\(lines)</ul></div>\n"
  }
}
