import AtollFederation
import AtollLearning
import AtollNumerics

/// Which mistakes the model makes.
struct PredictionsSection {
  let record: RunRecord
  let end: RunEvent.Finished

  private var label: String? { record.task.data.label?.column }
  private var names: ClassNames { ClassNames(end.classes, label: label) }

  /// Nil where nothing was counted.
  var section: Section? {
    guard let details = end.evaluation?.pooled.details, end.rows.heldOut > 0 else { return nil }
    if let residuals = details.residuals {
      let chart = ResidualChart(residuals: residuals, label: label ?? "label")
      return Section(
        id: "predictions", heading: chart.finding,
        note:
          "In the unit of \(label ?? "the label"), on all held-out rows; sizes are read off the histogram.",
        content: "<div class=\"one\">\(chart.chart.html)</div>")
    }
    let confusion = details.confusion.map { ConfusionTable(confusion: $0, names: names) }
    var cards: [HTML] = []
    if let confusion { cards.append(confusion.card) }
    if let calibration = details.calibration { cards.append(self.calibration(calibration)) }
    guard !cards.isEmpty else { return nil }
    let isWide = (details.confusion?.classes ?? 0) > 4
    return Section(
      id: "predictions", heading: confusion?.finding ?? "How sure it is, and how rightly", note: nil,
      content: "<div class=\"\(isWide ? "one" : "two")\">\(cards)</div>")
  }

  private func calibration(_ calibration: Calibration) -> HTML {
    let event = end.classes.count == 2 ? "it was \(names[1])" : "the class called was right"
    return CalibrationChart(calibration: calibration, event: event).chart.html
  }
}
