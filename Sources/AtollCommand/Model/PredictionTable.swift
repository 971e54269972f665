import AtollFederation
import AtollLearning

/// A model's predictions as rows of text.
struct PredictionTable {
  private let rowCount: Int
  /// The place of each row among the outputs; nil where it has none.
  private let places: [Int?]
  private let outputs: [Float]
  private let width: Int
  private let classNames: [String]
  private let prediction: ModelArchitecture.Prediction
  private let predicted: [Int]

  /// - Throws: ``Failure`` when a prediction is not a finite number.
  init(_ saved: SavedModel, _ input: ModelInput) throws {
    let architecture = saved.model.architecture
    outputs = try saved.outputs(for: input.examples)
    width = architecture.outputCount
    prediction = architecture.prediction
    classNames = saved.classNames
    rowCount = input.rowCount
    var places = [Int?](repeating: nil, count: input.rowCount)
    for (place, row) in input.rows.enumerated() { places[row] = place }
    self.places = places
    guard let classes = architecture.classes else {
      predicted = []
      return
    }
    let scored = try ClassPredictions(
      outputs.map(Double.init), scale: architecture.isMargin ? .margin : .probability,
      labels: [Int32](repeating: 0, count: input.rows.count), classes: classes)
    predicted = (0..<input.rows.count).map(scored.predictedClass)
  }

  /// The names of the columns.
  var header: [String] {
    switch prediction {
    case .value: ["row", "predicted"]
    case .probability, .probabilities: ["row", "predicted"] + classNames.map { "probability_\($0)" }
    case .score: ["row", "predicted", "score"]
    case .scores: ["row", "predicted"] + classNames.map { "score_\($0)" }
    }
  }

  /// The fewest digits that read back as the same number.
  private func figures(of place: Int) -> [Float] {
    let own = outputs[place * width..<(place + 1) * width]
    return prediction == .probability ? own.flatMap { [1 - $0, $0] } : Array(own)
  }

  private func cells(of row: Int) -> [String] {
    guard let place = places[row] else {
      return ["\(row + 1)"] + [String](repeating: "", count: header.count - 1)
    }
    let figures = figures(of: place).map { "\($0)" }
    return ["\(row + 1)"] + (prediction == .value ? figures : [classNames[predicted[place]]] + figures)
  }

  /// Calls `body` with consecutive pieces of the CSV text.
  private func forEachPiece(_ body: ([UInt8]) throws -> Void) rethrows {
    var writer = CSVWriter()
    header.forEach { writer.append($0) }
    writer.endRow()
    for row in 0..<rowCount {
      cells(of: row).forEach { writer.append($0) }
      writer.endRow()
      if writer.bytes.count > 1 << 16 {
        try body(writer.bytes)
        writer.bytes = []
      }
    }
    try body(writer.bytes)
  }

  func csv() -> [UInt8] {
    var bytes: [UInt8] = []
    forEachPiece { bytes += $0 }
    return bytes
  }

  func print(on console: Console) throws {
    try forEachPiece { piece in
      console.output.write(bytes: piece)
      try console.check()
    }
  }

  func emit(on console: Console) {
    for row in 0..<rowCount {
      guard let place = places[row] else {
        console.emit("prediction", ["row": .integer(row + 1), "predicted": .null])
        continue
      }
      let figures = figures(of: place).map { JSON.number(Double("\($0)") ?? Double($0)) }
      var fields: [String: JSON] = ["row": .integer(row + 1)]
      let byClass = JSON.object(Dictionary(zip(classNames, figures)) { $1 })
      switch prediction {
      case .value: fields["predicted"] = figures[0]
      case .probability, .probabilities: fields["probabilities"] = byClass
      case .score: fields["score"] = figures[0]
      case .scores: fields["scores"] = byClass
      }
      if prediction != .value { fields["predicted"] = .string(classNames[predicted[place]]) }
      console.emit("prediction", fields)
    }
  }
}
