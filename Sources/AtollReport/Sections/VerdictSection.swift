import AtollFederation
import AtollLearning
import AtollNumerics

/// The first thing that a reader sees: did it work.
struct VerdictSection {
  let record: RunRecord

  private var task: FederatedTask { record.task }

  var html: HTML {
    switch record.ending {
    case .finished(let end): finished(end)
    case .failed(let end): failed(end)
    case .none: unfinished
    }
  }

  /// The window's title.
  var title: String {
    switch record.ending {
    case .finished(let end):
      let verdict = Verdict(Comparison(end, by: task.evaluation.headline))
      return "\(task.name): \(verdict.figure.map { "federated \($0)" } ?? "finished") · Atoll report"
    case .failed: return "\(task.name): failed · Atoll report"
    case .none: return "\(task.name): not finished · Atoll report"
    }
  }

  private func heading(_ rest: String) -> HTML { "<h1>\(task.name) <span>· \(rest)</span></h1>\n" }

  private var participants: String { Figure.count(record.header.participants.count, "participant") }

  // MARK: Finished

  private func finished(_ end: RunEvent.Finished) -> HTML {
    let comparison = Comparison(end, by: task.evaluation.headline)
    let verdict = Verdict(comparison)
    let rows = Figure.count(end.rows.training + end.rows.heldOut, "row")
    let head = heading(
      "\(participants), \(rows), \(Figure.count(end.rounds, "round")) in \(Figure.duration(seconds: end.seconds))"
    )
    guard let figure = verdict.figure else {
      return """
        \(head)<p class="verdict"><em>Finished:</em> <span>quality unknown</span></p>
        <p class="lead">\(Verdict.unknown) Set <code>test</code> under <code>data</code> to hold some out.</p>

        """
    }
    let standing = StandingChart(comparison: comparison)
    return """
      \(head)<p class="verdict"><em>Federated:</em> <span>\(figure)</span></p>
      <p class="lead">\(lead(verdict, end))</p>
      \(standing.chart.map(\.html) ?? "")
      <p class="note">\(note(comparison, standing, end))</p>

      """
  }

  private func lead(_ verdict: Verdict, _ end: RunEvent.Finished) -> HTML {
    var clauses: [HTML] = []
    if let words = verdict.againstPooled {
      clauses.append("<b class=\"key-p\">\(words.strong)</b> \(words.rest)")
    }
    if let words = verdict.againstAlone {
      clauses.append("<b class=\"key-a\">\(words.strong)</b> \(words.rest)")
    }
    var sentences: [HTML] = []
    if let first = clauses.first {
      let rest = clauses.dropFirst().map { ", \($0)" as HTML }
      sentences.append("\(first)\(rest).")
    }
    if let text = verdict.participants { sentences.append("\(text).") }
    if sentences.isEmpty { sentences.append("\(absence)") }
    if end.bestRound != end.rounds {
      sentences.append("The model is that of round \(end.bestRound), the best one.")
    }
    var text: HTML = ""
    for (index, sentence) in sentences.enumerated() { text += index == 0 ? sentence : " \(sentence)" }
    return text
  }

  /// Why there is nothing to compare with.
  private var absence: String {
    task.evaluation.baselines.isEmpty
      ? "The task asks for no baselines, so there is nothing to compare with."
      : "No participant has figures to compare with."
  }

  private func note(_ comparison: Comparison, _ standing: StandingChart, _ end: RunEvent.Finished) -> String {
    let metric = comparison.metric
    var sentences: [String] = []
    if comparison.alone != nil {
      sentences.append(
        "Alone is the mean of the participants’ own models, pooled a model of all training rows in one place."
      )
    }
    let held = Figure.count(comparison.federated?.rows ?? end.rows.heldOut, "held-out row")
    if comparison.sites.isEmpty {
      sentences.append("All models are judged on the same \(held).")
    } else {
      let marks =
        standing.isThinned
        ? "small ones stand for every twentieth of \(comparison.sites.count) participants, each on its own rows"
        : "each small one is a participant, on its own rows"
      sentences.append("Large marks are figures on all \(held); \(marks).")
    }
    if let difference = Difference(metric, from: comparison.pooled, to: comparison.federated)?.halfWidthText {
      sentences.append(
        "Differences under \(difference) cannot be told from chance on so many rows.")
    } else if comparison.federated?.standardErrors[metric] == nil, comparison.pooled != nil {
      sentences.append("How much of a difference in \(metric.title) is chance is not known.")
    }
    return sentences.joined(separator: " ")
  }

  // MARK: Not finished

  private func failed(_ end: RunEvent.Failed) -> HTML {
    let done = "\(Figure.count(end.rounds, "round")) of \(Figure.grouped(task.federation.rounds)) done"
    var sentences = ["\(English.capitalized(end.reason))."]
    if let participant = end.participant { sentences.append("It happened at \(participant.name).") }
    if let hint = end.hint { sentences.append("Try \(hint).") }
    let place =
      end.rounds < task.federation.rounds
      ? "in round \(Figure.grouped(end.rounds + 1))" : "after the last round"
    let curves = record.rounds.isEmpty ? "" : " The curves below end where the run did."
    return """
      \(heading("\(participants), \(done)"))\
      <p class="verdict failed"><em><span aria-hidden="true">✗</span> Failed</em> \
      <span>\(place)</span></p>
      <p class="lead">\(sentences.joined(separator: " "))</p>
      <p class="note">There is no model. What was committed before is kept in the run’s folder.\(curves)</p>

      """
  }

  private var unfinished: HTML {
    let done = record.rounds.last?.report.round ?? 0
    return """
      \(heading("\(participants), \(Figure.count(done, "round")) of \(Figure.grouped(task.federation.rounds)) done"))\
      <p class="verdict"><em>Not finished</em></p>
      <p class="lead">The run goes on, or it was interrupted after round \(done). There is no model yet.</p>
      <p class="note">An interrupted run goes on with <code>atoll run --resume</code> and its folder.</p>

      """
  }
}
