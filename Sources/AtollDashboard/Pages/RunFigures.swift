import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// Metrics and bytes by round.
struct RunFigures {
  let detail: RunDetail

  /// More charts would push everything else off a screen.
  private static let most = 5

  var part: Part {
    Part(
      id: "charts", element: "div", attributes: "class=\"charts\"",
      content: "<div class=\"cards n\(charts.count + 1)\">\(charts)\(traffic)</div>")
  }

  /// The metrics that were measured: the headline first, then the loss, then the others.
  private var curves: [LearningCurve] {
    let plan = detail.evaluation
    var seen: Set<Metric> = []
    let ordered = ([plan.headline, .loss].filter(plan.metrics.contains) + plan.metrics).filter {
      seen.insert($0).inserted
    }
    return ordered.prefix(Self.most - (detail.privacy == nil ? 0 : 1)).map {
      LearningCurve($0, of: detail.rounds)
    }.filter {
      !$0.points.isEmpty
    }
  }

  private var charts: [HTML] {
    let curves = curves
    guard !curves.isEmpty else {
      let words =
        detail.row.status.isOver
        ? "No round was evaluated." : "The first figure comes with the first round that is evaluated."
      return [
        "<section class=\"card\" aria-label=\"Metrics\"><h2>Metrics</h2><p class=\"quiet\">\(words)</p></section>"
      ]
    }
    return curves.map { LineChart($0, rounds: detail.row.rounds, isLive: true).chart.plainHTML } + spending
  }

  /// What was given away of privacy, where something is promised of it.
  private var spending: [HTML] {
    guard let privacy = detail.privacy,
      let spending = SpendingChart(
        detail.rounds.map(\.report), rounds: detail.row.rounds, privacy: privacy, isLive: true)
    else { return [] }
    return [spending.chart.plainHTML]
  }

  private var traffic: HTML {
    let rounds = detail.rounds.map(\.report)
    let pairs: [(String, String)] = [
      ("from all participants", Figure.bytes(rounds.reduce(0) { $0 + $1.bytesUp })),
      ("to all participants", Figure.bytes(rounds.reduce(0) { $0 + $1.bytesDown })),
      ("last round, from", Figure.bytes(rounds.last?.bytesUp ?? 0)),
      ("last round, to", Figure.bytes(rounds.last?.bytesDown ?? 0)),
      ("rounds without everyone", Figure.grouped(rounds.count { $0.participants < $0.cohort })),
      ("task", detail.row.task.abbreviated),
    ]
    return """
      <section class="card" aria-labelledby="traffic"><h2 id="traffic">Bytes<small>of questions, models and answers</small></h2>
      <dl class="pairs">\(pairs.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" as HTML })</dl></section>
      """
  }

  /// Every round, folded away.
  var table: HTML {
    let metrics = curves.map(\.metric)
    let shown = Thinning.spread(detail.rounds.count).map { detail.rounds[$0] }
    let rows = shown.reversed().map { round in
      [Figure.grouped(round.report.round)]
        + metrics.map { Figure.metric(round.report.evaluation?.pooled[$0]) } + [
          "\(Figure.grouped(round.report.participants)) of \(Figure.grouped(round.report.cohort))",
          Figure.bytes(round.report.bytesUp), Figure.bytes(round.report.bytesDown),
          Figure.duration(seconds: round.seconds),
        ]
    }
    let note =
      shown.count == detail.rounds.count
      ? nil : "\(Figure.grouped(shown.count)) of \(Figure.grouped(detail.rounds.count)) rounds, evenly."
    return DataTable(
      "Every round", columns: ["round"] + metrics.map(\.title) + ["in", "from", "to", "took"], rows: rows,
      note: note
    ).folded
  }
}
