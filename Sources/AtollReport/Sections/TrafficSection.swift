import AtollFederation
import AtollNumerics

/// Bytes up and down, and who took part.
struct TrafficSection {
  let record: RunRecord

  private var attendance: Attendance { Attendance(record) }

  /// Nil before the first round.
  var section: Section? {
    guard !record.rounds.isEmpty else { return nil }
    let attendance = attendance
    let up = record.rounds.reduce(0) { $0 + $1.report.bytesUp }
    let down = record.rounds.reduce(0) { $0 + $1.report.bytesDown }
    return Section(
      id: "traffic-heading",
      heading: "\(Figure.bytes(up)) up and \(Figure.bytes(down)) down in all; \(presence(attendance))",
      note: note(attendance),
      content: """
        <div class="one">\(TrafficChart(rounds: record.rounds, attendance: attendance).chart.html)</div>
        \(table(attendance).folded)
        """)
  }

  private var isSampled: Bool {
    record.rounds.contains { $0.report.cohort < record.header.participants.count }
  }

  private func presence(_ attendance: Attendance) -> String {
    let all = record.header.participants.count
    let rounds = record.rounds
    if isSampled {
      let mean = Double(rounds.reduce(0) { $0 + $1.report.participants }) / Double(rounds.count)
      return "\(Figure.fixed(mean, mean == mean.rounded() ? 0 : 1)) of \(all) participants in a round"
    }
    let missed = attendance.missed
    if missed.isEmpty { return all == 1 ? "one participant" : "every participant in every round" }
    let count = missed.reduce(0) { $0 + $1.rounds.count }
    return missed.count == 1
      ? "\(missed[0].name) missed \(English.count(count, "round"))"
      : "\(English.count(missed.count, "participant")) missed \(English.count(count, "round")) between them"
  }

  private func note(_ attendance: Attendance) -> String {
    var sentences = ["Simulated: these bytes would cross a network in a deployed run, and crossed none here."]
    if record.exchanges.contains(where: { $0.query == "columns" || $0.query == "statistics" }) {
      sentences.append("Round 1 includes what was asked before it, to fit the preprocessing.")
    }
    if isSampled {
      sentences.append(
        "The cohort of a round is drawn from all participants; who is not in a round was mostly not asked.")
    } else if !attendance.missed.isEmpty, attendance.missed.count <= 6 {
      let parts = attendance.missed.map { "\($0.name) in \(Self.list($0.rounds))" }
      sentences.append("Not in the sum: \(English.list(parts)).")
    }
    return sentences.joined(separator: " ")
  }

  private static func list(_ rounds: [Int]) -> String {
    rounds.count <= 6
      ? "round \(English.list(rounds.map { Figure.grouped($0) }))" : "\(Figure.grouped(rounds.count)) rounds"
  }

  private func table(_ attendance: Attendance) -> DataTable {
    let shown = Thinning.spread(record.rounds.count).map { record.rounds[$0] }
    let listsNames = attendance.names.count <= TrafficChart.mostNames
    return DataTable(
      "Bytes and contributors by round",
      columns: ["round", "up", "down", "seconds", "in"] + (listsNames ? ["not in"] : []),
      texts: listsNames ? [0, 5] : [0],
      rows: shown.map { round in
        let report = round.report
        let away = attendance.names.filter { !attendance.contributed($0, to: report.round) }
        return [
          Figure.grouped(report.round), Figure.bytes(report.bytesUp), Figure.bytes(report.bytesDown),
          Figure.fixed(round.seconds, 2), "\(report.participants) of \(report.cohort)",
        ] + (listsNames ? [away.isEmpty ? "–" : away.joined(separator: ", ")] : [])
      }, note: LearningSection.note(shown.count, of: record.rounds.count))
  }
}
