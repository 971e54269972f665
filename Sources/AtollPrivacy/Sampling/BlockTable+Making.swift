extension BlockTable {
  /// A step above the law: what a block needs to get its mass.
  private struct Step {
    var start: Int64
    var direction: Int64
    /// At least 2^64·w(x), for every x of the block.
    var upper: UInt128
    /// At most 2^64·w(x), for every x of the block.
    var lower: UInt64
  }

  /// - Parameters:
  ///   - law: what is sampled.
  ///   - fineness: about how many blocks make the law's spread. More make fewer draws need the law's bounds.
  ///   - cut: the weight, in units of 2^-64, where blocks give way to tails. Where it lies decides about speed only.
  init(_ law: Law, fineness: Int = 16, cut: UInt128 = 1 << 32) {
    self.law = law
    let digits = 64 - law.spread.leadingZeroBitCount
    offsetBits = max(0, digits - (64 - UInt64(fineness).leadingZeroBitCount))
    let width = Int64(1) << Int64(offsetBits)

    var steps: [Step] = []
    var tails: [Step] = []
    for direction in [Int64(1), -1] {
      // The mode itself belongs to the right.
      var start = law.mode &+ (direction < 0 ? -1 : 0)
      var bounds = law.quickBounds(at: start)
      while bounds.upper > cut {
        let next = start &+ direction &* width
        let nextBounds = law.quickBounds(at: next)
        // What bounds the next block's first number bounds this block's last; of one number it would be a poor bound.
        let lower = width == 1 ? bounds.lower : nextBounds.lower
        steps.append(Step(start: start, direction: direction, upper: bounds.upper, lower: lower))
        (start, bounds) = (next, nextBounds)
      }
      tails.append(Step(start: start, direction: direction, upper: bounds.upper, lower: 0))
    }
    var bits = 0
    while [1, -1].contains(where: { direction in
      law.quickBounds(at: law.mode &+ direction &* (width << Int64(bits))).upper > 1 << 63
    }) { bits += 1 }
    reachBits = bits
    firstTail = steps.count
    for tail in tails {
      // 2M times the weight; the draws of a tail are never settled at once.
      let upper = tail.upper << UInt128(bits + 1)
      steps.append(Step(start: tail.start, direction: tail.direction, upper: upper, lower: 0))
    }
    fill(with: steps)
  }

  /// Gives each step its mass: ⌊c·upper/2^64⌋ + 1 ≥ c·w(x).
  private mutating func fill(with steps: [Step]) {
    let total = steps.reduce(UInt128(0)) { $0 + $1.upper }
    // Σ masses ≤ c·total/2^64 + steps ≤ 2^64 - 2: a draw is left for the last entry.
    let room = ((1 << 64) - UInt128(steps.count + 3)) << 64
    factor = UInt64(min(UInt128(UInt64.max), room / total))
    var before: UInt64 = 0
    for step in steps {
      let upper = UInt128(factor).multipliedFullWidth(by: step.upper)
      let mass = UInt64(upper.high << 64 | upper.low >> 64) + 1
      let sure = UInt64(factor.multipliedFullWidth(by: step.lower).high)
      precondition(sure <= mass, "a bound from below lies above the bound from above")
      let isTail = blocks.count >= firstTail
      blocks.append(
        Block(
          last: before + mass - 1, sure: isTail ? 0 : before + sure, start: step.start,
          direction: step.direction))
      before += mass
    }
    // Draws beyond all masses are void.
    blocks.append(Block(last: .max, sure: 0, start: 0, direction: 0))
    precondition(blocks.count < 1 << 16, "a guide's entry has 16 bits")
    var place = 0
    for first in 0..<(1 << Self.guideBits) {
      while blocks[place].last < UInt64(first) << UInt64(64 - Self.guideBits) { place += 1 }
      guide.append(UInt16(place))
    }
  }
}
