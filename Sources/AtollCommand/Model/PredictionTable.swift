import AtollFederation
import AtollLearning

/// A model's predictions as rows of text, piece by piece.
struct PredictionTable {
  private let saved: SavedModel
  private let prediction: ModelArchitecture.Prediction
  private let classNames: [String]
  private let width: Int

  init(_ saved: SavedModel) {
    self.saved = saved
    prediction = saved.model.architecture.prediction
    classNames = saved.classNames
    width = saved.model.architecture.outputCount
  }

  /// The names of the columns.
  private var columns: [String] {
    switch prediction {
    case .value: ["row", "predicted"]
    case .probability, .probabilities: ["row", "predicted"] + classNames.map { "probability_\($0)" }
    case .score: ["row", "predicted", "score"]
    case .scores: ["row", "predicted"] + classNames.map { "score_\($0)" }
    }
  }

  /// The header line of the CSV text.
  var header: [UInt8] {
    var writer = CSVWriter()
    columns.forEach { writer.append($0) }
    writer.endRow()
    return writer.bytes
  }

  /// The lines of the CSV text for a piece.
  ///
  /// - Throws: ``Failure`` when a prediction is not a finite number.
  func lines(for piece: ModelInput.Piece) throws -> [UInt8] {
    var writer = CSVWriter()
    let empty = [String](repeating: "", count: columns.count - 1)
    try forEachRow(of: piece) { number, row in
      writer.append("\(number)")
      if let row {
        if let name = row.className { writer.append(name) }
        for figure in row.figures { writer.append("\(figure)") }
      } else {
        empty.forEach { writer.append($0) }
      }
      writer.endRow()
    }
    return writer.bytes
  }

  /// An event for each row of a piece.
  ///
  /// - Throws: ``Failure`` when a prediction is not a finite number.
  func emit(_ piece: ModelInput.Piece, on console: Console) throws {
    try forEachRow(of: piece) { number, row in
      guard let row else {
        return console.emit("prediction", ["row": .integer(number), "predicted": .null])
      }
      let figures = row.figures.map { JSON.number(Double("\($0)") ?? Double($0)) }
      var fields: [String: JSON] = ["row": .integer(number)]
      let byClass = JSON.object(Dictionary(zip(classNames, figures)) { $1 })
      switch prediction {
      case .value: fields["predicted"] = figures[0]
      case .probability, .probabilities: fields["probabilities"] = byClass
      case .score: fields["score"] = figures[0]
      case .scores: fields["scores"] = byClass
      }
      if let name = row.className { fields["predicted"] = .string(name) }
      console.emit("prediction", fields)
    }
  }

  /// What the model says of one row.
  private struct Row {
    /// Nil where numbers are predicted.
    var className: String?
    var figures: [Float]
  }

  /// Calls `body` with each row's number, from 1, and what the model says of it; nil where it lacks a value.
  private func forEachRow(of piece: ModelInput.Piece, _ body: (Int, Row?) throws -> Void) throws {
    let outputs = try saved.outputs(for: piece.examples)
    let architecture = saved.model.architecture
    let scored = try architecture.classes.map { classes in
      try ClassPredictions(
        outputs.map(Double.init), scale: architecture.isMargin ? .margin : .probability,
        labels: [Int32](repeating: 0, count: piece.rows.count), classes: classes)
    }
    var next = 0
    for row in 0..<piece.rowCount {
      let number = piece.firstRow + row + 1
      guard next < piece.rows.count, piece.rows[next] == row else {
        try body(number, nil)
        continue
      }
      let own = outputs[next * width..<(next + 1) * width]
      // The fewest digits that read back as the same number.
      let figures = prediction == .probability ? own.flatMap { [1 - $0, $0] } : Array(own)
      try body(number, Row(className: scored.map { classNames[$0.predictedClass(next)] }, figures: figures))
      next += 1
    }
  }
}
