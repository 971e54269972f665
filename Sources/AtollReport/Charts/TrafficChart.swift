import AtollFederation
import AtollNumerics

/// Bytes by round, up above the axis and down below it, and under them who contributed.
struct TrafficChart {
  let rounds: [RunRecord.Round]
  let attendance: Attendance

  /// More participants become a row of counts.
  static let mostNames = 12

  private let plotTop = 16.0
  private let axisY = 118.0
  private let mostBelow = 88.0
  private let pitch = 22.0

  /// A stretch of rounds that one column stands for.
  private struct Column {
    let rounds: ClosedRange<Int>
    /// Means over the rounds.
    let up: Double
    let down: Double
    /// Of all participants, how many contributed to a round on average, and how many were asked.
    let participants: Double
    let cohort: Double

    var name: String {
      rounds.count == 1
        ? "round \(Figure.grouped(rounds.lowerBound))"
        : "rounds \(Figure.grouped(rounds.lowerBound)) to \(Figure.grouped(rounds.upperBound)), mean"
    }
  }

  private var columns: [Column] {
    Thinning.buckets(rounds.count).map { bucket in
      let reports = rounds[bucket].map(\.report)
      func mean(_ figure: (RoundReport) -> Int) -> Double {
        Double(reports.reduce(0) { $0 + figure($1) }) / Double(reports.count)
      }
      return Column(
        rounds: reports[0].round...reports[reports.count - 1].round, up: mean(\.bytesUp),
        down: mean(\.bytesDown), participants: mean(\.participants), cohort: mean(\.cohort))
    }
  }

  private var listsNames: Bool { attendance.names.count <= Self.mostNames }

  var chart: Chart {
    let columns = columns
    let (mostUp, mostDown) = (columns.map(\.up).max() ?? 0, columns.map(\.down).max() ?? 0)
    // One scale for both directions.
    let scale = min((axisY - plotTop) / max(1, mostUp), mostBelow / max(1, mostDown))
    let gridTop = axisY + max(24, scale * mostDown) + 26
    let width = 1 / Double(max(1, columns.count))
    let x = { (index: Int) in (Double(index) + 0.5) * width }
    var marks: [HTML] = [
      Mark.text("up", x: 0, y: axisY - 6, dx: -8, anchor: .end, "v"),
      Mark.text("down", x: 0, y: axisY + 16, dx: -8, anchor: .end, "v"),
      Mark.level(axisY, "edge"),
    ]
    let axis = Axis(covering: [mostUp], origin: 0, count: 3)
    if let tick = axis.ticks.last(where: { $0 > 0 && $0 <= mostUp }), scale * tick > 22 {
      marks.append(Mark.level(axisY - scale * tick))
      marks.append(
        Mark.text(Figure.bytes(Int(tick)), x: 0, y: axisY - scale * tick + 4, dx: -8, anchor: .end))
    }
    var points: [HTML] = []
    for (index, column) in columns.enumerated() {
      let (up, down) = (scale * column.up, scale * column.down)
      let left = x(index) - width * 0.36
      marks.append(Mark.bar(x: left, width: width * 0.72, y: axisY - 1 - up, height: up, "bar up"))
      marks.append(Mark.bar(x: left, width: width * 0.72, y: axisY + 1, height: down, "bar down"))
      points.append(Mark.point(x: x(index), y: axisY - up, words(of: column)))
    }
    marks += grid(columns, x: x, top: gridTop)
    let height = gridTop + Double(listsNames ? attendance.names.count : 1) * pitch + 18
    // Columns are of equal width, one round or a stretch of them, so a round's place follows from its number.
    for tick in Axis.rounds(upTo: rounds.count) {
      let round = rounds[tick - 1].report.round
      let place = (Double(tick) - 0.5) / Double(rounds.count)
      marks.append(Mark.text(Figure.grouped(round), x: place, y: height - 6, anchor: .middle))
    }
    marks.append(Mark.text("round", x: 0, y: height - 6, dx: -8, anchor: .end))
    return Chart(
      id: "traffic", title: "Bytes and contributors by round",
      note:
        "up: participants to server; down: server to participants. Filled: its update is in the sum; hollow: it is not",
      summary: summary(columns), height: height, left: 110, right: 10, marks: HTML(marks), points: points,
      table: nil)
  }

  private func grid(_ columns: [Column], x: (Int) -> Double, top: Double) -> [HTML] {
    func mark(_ share: Double, x: Double, y: Double) -> [HTML] {
      if share >= 1 { return [Mark.circle(x: x, y: y, radius: 4, "dot ink")] }
      let ring = Mark.circle(x: x, y: y, radius: 3.25, "ring ink")
      return share > 0 ? [ring, Mark.circle(x: x, y: y, radius: 2, "dot ink")] : [ring]
    }
    guard listsNames else {
      return [Mark.text("all asked are in", x: 0, y: top + 4, dx: -8, anchor: .end, "v")]
        + columns.enumerated().flatMap { index, column in
          mark(column.participants / max(1, column.cohort), x: x(index), y: top)
        }
    }
    return attendance.names.enumerated().flatMap { row, name in
      let y = top + Double(row) * pitch
      return [Mark.text(English.shortened(name, to: 14), x: 0, y: y + 4, dx: -8, anchor: .end, "v")]
        + columns.enumerated().flatMap { index, column in
          mark(attendance.share(of: name, in: column.rounds), x: x(index), y: y)
        }
    }
  }

  private func words(of column: Column) -> [String] {
    var lines = [
      column.name,
      "up \(Figure.bytes(Int(column.up.rounded()))), down \(Figure.bytes(Int(column.down.rounded())))",
      "\(Figure.fixed(column.participants, column.rounds.count == 1 ? 0 : 1)) of \(Figure.fixed(column.cohort, column.rounds.count == 1 ? 0 : 1)) asked are in",
    ]
    if listsNames, column.rounds.count == 1 {
      let away = attendance.names.filter { attendance.share(of: $0, in: column.rounds) == 0 }
      if !away.isEmpty { lines.append("not in: \(away.joined(separator: ", "))") }
    }
    return lines
  }

  private func summary(_ columns: [Column]) -> String {
    guard let least = columns.map(\.up).min(), let most = columns.map(\.up).max() else { return "No rounds." }
    let down = columns.map(\.down)
    return "Bars. Between \(Figure.bytes(Int(least))) and \(Figure.bytes(Int(most))) up and between "
      + "\(Figure.bytes(Int(down.min() ?? 0))) and \(Figure.bytes(Int(down.max() ?? 0))) down in a round."
  }
}
