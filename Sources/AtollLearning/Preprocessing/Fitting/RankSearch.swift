/// Finds the number at one place of the sorted column, from counts alone.
///
/// The interval that holds the number is cut into 1,024 bins, the bins are counted over all participants, and the bin
/// that holds the place becomes the next interval. After at most six refinements one number is left: the exact one.
/// A search ends early when all numbers of the bin lie on its round end, as whole numbers soon do.
struct RankSearch: Hashable, Codable, Sendable {
  /// Place in the sorted column, from 0.
  let rank: Int
  private(set) var interval = KeyInterval(low: 0, high: .max)
  /// How many numbers lie below the interval.
  private var below = 0
  private(set) var result: Double?

  init(rank: Int) { self.rank = rank }

  /// Takes in the counts of bins that cover the interval, in ascending order.
  mutating func narrow(to bins: [KeyInterval], counts: BinCounts) throws(PreparationError) {
    var reached = below
    for (index, bin) in bins.enumerated() where counts.all[index] > 0 {
      let (next, overflow) = reached.addingReportingOverflow(Int(counts.all[index]))
      guard !overflow else { break }
      guard rank < next else {
        reached = next
        continue
      }
      below = reached
      interval = bin
      if bin.low == bin.high || counts.round[index] == counts.all[index] {
        result = OrderedKey.number(bin.roundEnd)
      }
      return
    }
    throw PreparationError(
      .contradiction, "the counts of a column do not add up: a participant changed its rows during the fit")
  }

  /// The bins that the next exchange counts; none when the number is known.
  var bins: [KeyInterval] { result == nil ? (0..<interval.binCount).map(interval.bin) : [] }
}

/// A quantile by linear interpolation between neighbours in the sorted column (the definition of NumPy's
/// `percentile`, Hyndman & Fan 1996 type 7).
struct Quantile: Hashable, Sendable {
  let lower: Int
  let upper: Int
  private let fraction: Double

  /// - Precondition: `count > 0`, `0 ≤ share ≤ 1`.
  init(_ share: Double, of count: Int) {
    let place = Double(count - 1) * share
    lower = Int(place)
    upper = min(lower + 1, count - 1)
    fraction = place - Double(lower)
  }

  func value(_ a: Double, _ b: Double) -> Double {
    fraction < 0.5 ? a + (b - a) * fraction : b - (b - a) * (1 - fraction)
  }
}
