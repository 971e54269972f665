import AtollNumerics

/// Where 1,000 bins of a score lie, on the scale of logits (or of margins as they are).
///
/// Borders are center + sharpness·sinh(t) for equal steps of t, out to 16 beyond 0 on the far side. So bins are narrow
/// around the center and everywhere in proportion to the distance from it. Around logit 0 this serves scores as they
/// occur: probabilities near ½, where a young model's crowd, near 0 (a rare class) and near 1 (up to what a `Float`
/// can tell from 1). Equal bins of the probability, by contrast, put all rows of a rare class into a few bins; equal
/// bins of the logit do so with a young model. Where all scores are alike but far from ½, a first evaluation tells
/// where: see ``EvaluationSums/refined(by:)``.
public struct ScoreScale: Hashable, Codable, Sendable {
  /// Where bins are narrowest.
  public let center: Double
  /// From which distance on bins widen.
  public let sharpness: Double

  /// Borders around probability ½, or margin 0.
  public static let standard = ScoreScale(center: 0, sharpness: 0.05)

  /// The center is kept within ±32, the sharpness within 10⁻⁶...1.
  init(center: Double, sharpness: Double) {
    self.center = min(max(center, -32), 32)
    self.sharpness = min(max(sharpness, 1e-6), 1)
  }

  private enum CodingKeys: CodingKey { case center, sharpness }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      center: container.decode(Double.self, forKey: .center),
      sharpness: container.decode(Double.self, forKey: .sharpness))
  }
}

/// The bins of a ``ScoreScale``, the same at every participant.
struct ScoreBins {
  static let count = 1000

  /// The 999 borders between bins, as margins.
  let margins: [Double]
  /// The borders as the scores come.
  private let borders: [Double]

  init(_ scale: ScoreScale, of scores: ClassPredictions.Scale) {
    let reach = (16 + scale.center.magnitude) / scale.sharpness
    let last = Elementary.log(reach + (reach * reach + 1).squareRoot())
    let upper = (0..<Self.count / 2).map { step -> Double in
      let t = last * Double(step) / Double(Self.count / 2)
      return scale.sharpness * 0.5 * (Elementary.exp(t) - Elementary.exp(-t))
    }
    margins = (upper.dropFirst().reversed().map { -$0 } + upper).map { scale.center + $0 }
    borders = scores == .margin ? margins : margins.map { 1 / (1 + Elementary.exp(-$0)) }
  }

  /// The bin of a score: the number of borders at or below it.
  func bin(of score: Double) -> Int {
    var low = 0
    var high = borders.count
    while low < high {
      let middle = (low + high) / 2
      if borders[middle] <= score { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A scale around the median of counted scores, as sharp as a fifth of the distance between their quartiles; nil
  /// without counts.
  func scale(around counts: [Int]) -> ScoreScale? {
    let rows = counts.reduce(0, +)
    guard rows > 0 else { return nil }
    func bin(ofShare quarters: Int) -> Int {
      var below = 0
      return counts.firstIndex { count in
        below += count
        return 4 * below >= quarters * rows
      } ?? counts.count - 1
    }
    func border(_ index: Int) -> Double { margins[min(max(index, 0), margins.count - 1)] }
    let median = bin(ofShare: 2)
    return ScoreScale(
      center: (border(median - 1) + border(median)) / 2,
      sharpness: (border(bin(ofShare: 3)) - border(bin(ofShare: 1) - 1)) / 5)
  }
}
