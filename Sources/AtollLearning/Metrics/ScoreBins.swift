import AtollNumerics

/// 1,000 bins of a score, the same at every participant, close where scores crowd.
///
/// Their borders are z = δ·sinh(t), δ = 0.05, for equal steps of t up to |z| = 16, where z is the logit of a
/// probability (or a margin as it is). So bins are narrow around probability ½, where the scores of a young model
/// crowd, and everywhere about 1.3 % of |z| wide, which also resolves probabilities near 0 (a rare class) and near 1
/// (up to what a `Float` can tell from 1). Equal bins of the probability, by contrast, put all rows of a rare class
/// into a few bins; equal bins of the logit do so with a young model. Measured figures: the tests of `ScoreBins`.
enum ScoreBins {
  static let count = 1000

  /// The bin of a probability or margin: the number of borders at or below it.
  static func bin(of score: Double, scale: ClassPredictions.Scale) -> Int {
    let borders = scale == .probability ? probabilities : margins
    var low = 0
    var high = borders.count
    while low < high {
      let middle = (low + high) / 2
      if borders[middle] <= score { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The 999 borders between bins, as margins.
  static let margins: [Double] = {
    let sharpness = 0.05
    let reach = 16 / sharpness
    let last = Elementary.log(reach + (reach * reach + 1).squareRoot())
    let upper = (0..<count / 2).map { step -> Double in
      let t = last * Double(step) / Double(count / 2)
      return sharpness * 0.5 * (Elementary.exp(t) - Elementary.exp(-t))
    }
    return upper.dropFirst().reversed().map { -$0 } + upper
  }()

  /// The same borders as probabilities.
  static let probabilities: [Double] = margins.map { 1 / (1 + Elementary.exp(-$0)) }
}
