import AtollLearning
import AtollNumerics

/// What happened, by the probability that the model gave.
struct CalibrationChart {
  let calibration: Calibration
  /// What a hit is: `malignant`, or a right prediction.
  let event: String

  private let height = 300.0
  private let top = 10.0
  private var bottom: Double { height - 44 }

  struct Band {
    let name: String
    let rows: Int
    let said: Double
    let seen: Double
    let interval: ClosedRange<Double>

    /// Whether what was said lies outside the interval of what happened.
    var isOff: Bool { !interval.contains(said) }
  }

  /// Those with rows.
  var bands: [Band] {
    calibration.bins.enumerated().compactMap { index, bin in
      guard bin.rows > 0 else { return nil }
      return Band(
        name: "\(index * 10)–\((index + 1) * 10)\u{A0}%", rows: bin.rows,
        said: min(max(bin.confidence / Double(bin.rows), 0), 1),
        seen: Double(bin.hits) / Double(bin.rows), interval: Interval.share(bin.hits, of: bin.rows))
    }
  }

  /// For a heading.
  private var finding: String {
    let off = bands.filter(\.isOff).count
    return off == 0
      ? "Calibration: in every band it happened as often as said, as far as chance lets one see"
      : "Calibration: in \(English.number(off)) of \(English.count(bands.count, "band")) it happened clearly more or "
        + "less often than said"
  }

  var chart: Chart {
    let y = { (share: Double) in bottom - share * (bottom - top) }
    var marks: [HTML] = []
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      let label = Figure.percent(tick, 0)
      marks.append(Mark.level(y(tick)))
      marks.append(Mark.text(label, x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
      marks.append(Mark.text(label, x: tick, y: bottom + 18, anchor: .middle))
    }
    marks.append(Mark.text("probability that the model gave", x: 0.5, y: height - 6, anchor: .middle))
    marks.append(Mark.line(x1: 0, y1: y(0), x2: 1, y2: y(1), "edge dashed"))
    for band in bands {
      marks.append(
        Mark.line(
          x1: band.said, y1: y(band.interval.lowerBound), x2: band.said, y2: y(band.interval.upperBound),
          "whisker f"))
    }
    marks.append(Mark.curve(bands.map { ($0.said, y($0.seen)) }, height: height, "f thin"))
    for band in bands { marks.append(Mark.circle(x: band.said, y: y(band.seen), radius: 4, "dot f")) }
    return Chart(
      id: "calibration", title: finding,
      note:
        "how often \(event), by the probability that the model gave; upright lines are 95 % intervals, the dashed one is “as often as said”",
      summary: summary, height: height, left: 48, right: 18, marks: HTML(marks),
      points: bands.map { band in
        Mark.point(
          x: band.said, y: y(band.seen),
          [
            "said \(Figure.percent(band.said, 0))", "happened \(Figure.percent(band.seen, 0))",
            Figure.count(band.rows, "row"),
          ])
      },
      table: DataTable(
        "Calibration", columns: ["band", "rows", "said", "happened", "95 % interval"],
        rows: bands.map { band in
          [
            band.name, Figure.grouped(band.rows), Figure.percent(band.said), Figure.percent(band.seen),
            "\(Figure.percent(band.interval.lowerBound)) to \(Figure.percent(band.interval.upperBound))",
          ]
        }))
  }

  private var summary: String {
    "\(English.capitalized(English.count(bands.count, "point"))) against the diagonal. "
      + bands.map { "Said \(Figure.percent($0.said, 0)), happened \(Figure.percent($0.seen, 0))." }
      .joined(separator: " ")
  }
}
