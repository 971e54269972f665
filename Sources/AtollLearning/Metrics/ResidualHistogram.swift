/// How often predicted numbers missed by how much: residuals target − prediction, counted in equal bins about 0.
///
/// Encoded as `{"width": 1024, "counts": […]}`.
public struct ResidualHistogram: Hashable, Sendable {
  /// Width of a bin, in the label's unit.
  public let width: Double
  /// Residuals below all bins, in each bin, and above all bins.
  public let counts: [Int]

  /// Bins without the two ends.
  public static let binCount = 512
  /// Bins for one ``EvaluationSums/TargetUnit``: they reach four units to either side.
  static let binsPerUnit = 64.0

  /// - Precondition: there are ``binCount`` counts and two.
  public init(width: Double, counts: [Int]) {
    precondition(counts.count == Self.binCount + 2, "residuals have their bins and two ends")
    self.width = width
    self.counts = counts
  }

  /// Which count a residual adds to, in widths of a bin.
  static func index(ofWidths residual: Double) -> Int {
    let bin = residual.rounded(.down) + Double(binCount / 2)
    return bin < 0 ? 0 : bin < Double(binCount) ? Int(bin) + 1 : binCount + 1
  }

  /// The residuals of a count, but for the two ends.
  public func range(of index: Int) -> Range<Double> {
    let lower = Double(index - 1 - Self.binCount / 2)
    return lower * width..<(lower + 1) * width
  }

  /// All rows that were counted.
  public var rows: Int { counts.reduce(0, +) }

  /// Σ residual⁴ of all rows, each taken from the middle of its bin; those of the ends share what is left of the sum
  /// of squares.
  func fourthPowers(squares: Double) -> Double {
    var (powers, rest) = (0.0, squares)
    for index in 1...Self.binCount where counts[index] > 0 {
      let middle = range(of: index).lowerBound + width / 2
      powers += Double(counts[index]) * middle * middle * middle * middle
      rest -= Double(counts[index]) * middle * middle
    }
    let outside = counts[0] + counts[Self.binCount + 1]
    guard outside > 0, rest > 0 else { return powers }
    return powers + rest * rest / Double(outside)
  }
}

extension ResidualHistogram: Codable {
  private enum CodingKeys: CodingKey { case width, counts }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let counts = try container.decode([Int].self, forKey: .counts)
    let width = try container.decode(Double.self, forKey: .width)
    guard counts.count == Self.binCount + 2, width > 0, counts.allSatisfy({ (0...(1 << 50)).contains($0) })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: container, debugDescription: "not \(Self.binCount + 2) counts of residuals")
    }
    self.init(width: width, counts: counts)
  }
}
