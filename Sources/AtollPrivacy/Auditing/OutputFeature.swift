import AtollNumerics

/// A number that is read off a mechanism's output, to tell by it which of two inputs there was.
///
/// A test is right whatever function of the output it goes by; these are the ones by which faults of noise show.
enum OutputFeature: Sendable {
  /// An element.
  case element(Int)
  /// One element less another: noise that is used twice cancels.
  case difference(Int, Int)
  /// The exponent of an element's lowest bit: numbers that are added in floating point leave traces of their size there
  /// (I. Mironov, "On significance of the least significant bits for differential privacy", CCS 2012).
  case lowestBit(Int)
  /// The log-likelihood ratio of two normal laws with independent elements: means that differ by little in each of many
  /// elements show, and so do spreads.
  case normalRatio(NormalPair)

  /// Of an output.
  func value(of output: [Double]) -> Double {
    switch self {
    case .element(let place): output[place]
    case .difference(let one, let other): output[one] - output[other]
    case .lowestBit(let place): output[place].lowestBit
    case .normalRatio(let pair): pair.ratio(at: output)
    }
  }

  /// What is looked at in outputs of a length. Of long outputs, only elements by which two samples differ most are looked
  /// at one by one.
  static func all(comparing first: [[Double]], _ second: [[Double]]) -> [OutputFeature] {
    guard let length = first.first?.count, length > 0 else { return [] }
    let pair = NormalPair(first, second)
    let chosen = pair.mostDistinct(16)
    var features = chosen.flatMap { [OutputFeature.element($0), .lowestBit($0)] }
    let few = chosen.prefix(6)
    for one in few { for other in few where one < other { features.append(.difference(one, other)) } }
    if length > 1 { features.append(.normalRatio(pair)) }
    return features
  }
}

extension OutputFeature: CustomStringConvertible {
  var description: String {
    switch self {
    case .element(let place): "element \(place)"
    case .difference(let one, let other): "element \(one) less element \(other)"
    case .lowestBit(let place): "the lowest bit of element \(place)"
    case .normalRatio: "the likelihood ratio of all elements"
    }
  }
}

/// Normal laws of each element, fitted to two samples of outputs.
struct NormalPair: Sendable {
  private struct Element: Sendable {
    let means: (Double, Double)
    let variances: (Double, Double)

    /// How far apart the two are: of the means, in units of the spread, and of the spreads.
    var distance: Double {
      let shift = means.0 - means.1
      let ratio = variances.0 / variances.1
      return shift * shift / (variances.0 + variances.1) + (ratio + 1 / ratio - 2)
    }
  }
  private let elements: [Element]

  init(_ first: [[Double]], _ second: [[Double]]) {
    func moments(_ outputs: [[Double]], _ place: Int) -> (mean: Double, variance: Double) {
      // Whatever is not a number counts for nothing.
      let values = outputs.lazy.map { $0[place] }.filter(\.isFinite)
      let count = Double(max(1, values.count))
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      // Something that does not vary has a spread that is tiny, yet not zero.
      return (mean, max(variance, mean * mean * 1e-20, 1e-200))
    }
    elements = (first.first?.indices ?? 0..<0).map { place in
      let (one, other) = (moments(first, place), moments(second, place))
      return Element(means: (one.mean, other.mean), variances: (one.variance, other.variance))
    }
  }

  /// Twice the log-likelihood of the second law less that of the first, but for a constant.
  func ratio(at output: [Double]) -> Double {
    var sum = 0.0
    for (element, value) in zip(elements, output) {
      let (one, other) = (value - element.means.0, value - element.means.1)
      sum += one * one / element.variances.0 - other * other / element.variances.1
    }
    return sum
  }

  /// The elements whose laws lie farthest apart, at most so many, in ascending order.
  func mostDistinct(_ count: Int) -> [Int] {
    Array(elements.indices.sorted { elements[$0].distance > elements[$1].distance }.prefix(count)).sorted()
  }
}

extension Double {
  /// The exponent of the lowest bit that is set; above all others for 0 and what is not finite.
  var lowestBit: Double {
    guard self != 0, isFinite else { return 2000 }
    let zeros = significandBitPattern.trailingZeroBitCount
    if isSubnormal { return Double(zeros - 1074) }
    return Double(Int(exponent) - min(52, zeros == 64 ? 0 : 52 - zeros))
  }
}
