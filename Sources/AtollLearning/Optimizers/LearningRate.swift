import AtollNumerics

extension LearningRateSchedule {
  /// The learning rate of one round.
  ///
  /// - Parameters:
  ///   - round: 0 for the first.
  ///   - rounds: how many rounds the run has, at least 1.
  ///   - base: the task's learning rate.
  public func rate(round: Int, of rounds: Int, base: Double) -> Double {
    precondition(round >= 0, "rounds count from 0")
    switch self {
    case .constant: return base
    case .step(let every, let factor): return base * Self.power(factor, round / max(every, 1))
    case .exponential(let factor): return base * Self.power(factor, round)
    case .cosine(let minimum):
      // The end of the wave lies behind the last round: a round at rate 0 would be wasted.
      let progress = Double(min(round, rounds)) / Double(rounds)
      return base * (minimum + (1 - minimum) * 0.5 * (1 + Elementary.cosPi(progress)))
    case .inverseTime(let decay): return base / (1 + decay * Double(round))
    case .warmup(let warm, let then):
      guard round >= warm else { return base * Double(round + 1) / Double(warm) }
      return then.rate(round: round - warm, of: rounds - warm, base: base)
    }
  }

  /// By repeated squaring: exact rounding of products is the same everywhere, that of a library's `pow` is not.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
