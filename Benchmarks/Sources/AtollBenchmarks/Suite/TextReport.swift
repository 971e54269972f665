import Foundation

/// The rows as one table.
enum TextReport {
  static func text(of rows: [Row], baseline: [Row]) -> String {
    let head = ["workload", "threads", "batch", "figure", "min - max", "unit", "MB", "best peer", "ratio"]
    let cells = rows.map { row -> [String] in
      let best = row.bestPeer
      return [
        row.workload + (row.disturbed ? " *" : ""), "\(row.threads)", row.batch.map(String.init) ?? "",
        number(row.figure),
        "\(number(row.min)) - \(number(row.max))", row.unit, number(row.peakMB),
        best.map {
          "\($0.peer) \(number($0.figure))" + ($0.recorded ? " (recorded)" : "") + ($0.disturbed ? " *" : "")
        } ?? "",
        row.ratio.map { String(format: "%.2f", $0) } ?? "",
      ]
    }
    let isNumber = [false, true, true, true, true, false, true, false, true]
    let widths = head.indices.map { column in ([head] + cells).map { $0[column].count }.max() ?? 0 }
    var lines = ([head] + cells).map { row in
      row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumber[column] ? blanks + row[column] : row[column] + blanks
      }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    lines += notes(on: rows, baseline)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func notes(on rows: [Row], _ baseline: [Row]) -> [String] {
    var lines = [""]
    if rows.contains(where: { $0.peers.contains(where: \.recorded) }) {
      lines += [
        "recorded: of 23 November 2026, AMD Zen 4, two cores; set ATOLL_PEERS to measure peers in the same run"
      ]
    }
    if rows.contains(where: { row in row.disturbed || row.peers.contains { $0.disturbed } }) {
      lines.append(
        "*: disturbed; something else kept the machine busy, so that this is no figure of the machine")
    }
    for row in rows { lines += peaks(of: row) }
    for row in rows {
      guard let before = baseline.first(where: { $0.isLike(row) }), before.figure > 0 else { continue }
      let change = (row.figure / before.figure - 1) * 100
      lines.append(
        String(
          format: "%@, %d threads: %+.0f %% against the baseline of %@ %@", row.workload, row.threads, change,
          number(before.figure), row.unit))
    }
    return lines.count > 1 ? lines : []
  }

  /// Where ours takes more memory than a peer.
  private static func peaks(of row: Row) -> [String] {
    row.peers.filter { ($0.peakMB ?? .infinity) < row.peakMB }.map { peer in
      let theirs = "\(peer.peer), \(number(peer.peakMB ?? 0)) MB" + (peer.recorded ? " (recorded)" : "")
      return
        "\(row.workload), \(row.threads) threads: our peak of \(number(row.peakMB)) MB is above that of \(theirs)"
    }
  }

  /// Three or more digits, thousands apart.
  static func number(_ value: Double) -> String {
    guard value.magnitude < 1000 else {
      let digits = String(Int(value.rounded()).magnitude)
      let groups = stride(from: digits.count % 3, through: digits.count, by: 3).map { end in
        let from = digits.index(digits.startIndex, offsetBy: max(0, end - 3))
        return String(digits[from..<digits.index(digits.startIndex, offsetBy: end)])
      }
      return (value < 0 ? "-" : "") + groups.filter { !$0.isEmpty }.joined(separator: ",")
    }
    return String(format: value.magnitude < 10 ? "%.2f" : value.magnitude < 100 ? "%.1f" : "%.0f", value)
  }
}

extension Row {
  var bestPeer: PeerFigure? { peers.max { $0.figure < $1.figure } }

  /// How many times as much as the best peer.
  var ratio: Double? { bestPeer.map { figure / $0.figure } }

  func isLike(_ other: Row) -> Bool {
    workload == other.workload && threads == other.threads && batch == other.batch && unit == other.unit
  }
}
