/// What is counted of a model besides its metrics, where it may be the outcome of a training: which mistakes it makes.
public struct EvaluationDetails: Hashable, Codable, Sendable {
  /// Of classes, up to ``mostClasses``.
  public var confusion: ConfusionMatrix?
  /// Of probabilities.
  public var calibration: Calibration?
  /// Of predicted numbers.
  public var residuals: ResidualHistogram?

  /// A confusion matrix of more classes is left out: it would be larger than the model.
  public static let mostClasses = 100

  public init(
    confusion: ConfusionMatrix? = nil, calibration: Calibration? = nil, residuals: ResidualHistogram? = nil
  ) {
    self.confusion = confusion
    self.calibration = calibration
    self.residuals = residuals
  }
}

/// As an array of rows, one for each true class.
extension ConfusionMatrix: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let rows = try container.decode([[Int]].self)
    guard rows.allSatisfy({ $0.count == rows.count && $0.allSatisfy { (0...(1 << 50)).contains($0) } }) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a square of counts")
    }
    self.init(classes: rows.count, counts: rows.flatMap(\.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode((0..<classes).map { truth in (0..<classes).map { self[truth, $0] } })
  }
}

/// As an array of its bins.
extension Calibration: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let bins = try container.decode([Bin].self)
    let counts = 0...(1 << 50)
    guard bins.count == Self.binCount,
      bins.allSatisfy({ counts.contains($0.rows) && counts.contains($0.hits) && $0.hits <= $0.rows })
    else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not ten bins of rows and hits")
    }
    self.init(bins: bins)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bins)
  }
}

extension Calibration.Bin: Codable {
  private enum CodingKeys: CodingKey { case rows, hits, confidence }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      rows: container.decode(Int.self, forKey: .rows), hits: container.decode(Int.self, forKey: .hits),
      confidence: container.decode(Double.self, forKey: .confidence))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .rows)
    try container.encode(hits, forKey: .hits)
    try container.encode(confidence, forKey: .confidence)
  }
}
