/// Samples a law over the integers exactly, from 64 random bits in almost every case.
///
/// Rejection from blocks of equal width under steps that lie above the law, as in J. H. Ahrens, "A one-table method for
/// sampling from continuous and discrete distributions", Computing 54 (1995), and Marsaglia & Tsang's ziggurat (2000);
/// the decisions by comparison with bounds that are refined on demand, as in C. F. F. Karney, "Sampling exactly from the
/// normal distribution", ACM TOMS 42 (2016), arXiv:1303.6257. Deviation from all: steps are integers, and what decides
/// are integers, so that no rounding enters the law.
///
/// **Why the law is exact.** Let c > 0 be an integer and w the weights. Blocks of `width` integers each go out from the mode
/// to both sides. Block i has an integer mass Qᵢ ≥ c·w(x) for each x in it, and all masses together are at most 2^64. One
/// trial draws v uniform in 0..<2^64, which falls into block i with probability Qᵢ/2^64; an offset uniform in the block, that
/// makes x; and r = v - (mass before the block) + F with F uniform in [0, 1), so that r is uniform in [0, Qᵢ). It accepts x
/// where r < c·w(x). So a trial gives x with probability
///
///     Qᵢ/2^64 · 1/width · c·w(x)/Qᵢ = c·w(x)/(2^64·width),
///
/// the same factor for all x: what is accepted has the law w. **Beyond the blocks** of each side lies a tail of pieces
/// j = 0, 1, … of `reach` = M·width integers, where w falls by half or more over each `reach`. The tail has the mass
/// Q ≥ 2M·c·w(first of the tail); j is drawn with probability 2^-(j+1), the offset uniform in the piece, and x is accepted
/// where r < c·w(x)·M·2^(j+1), which is at most Q. A trial gives x with probability
/// Q/2^64 · 2^-(j+1) · 1/(M·width) · c·w(x)·M·2^(j+1)/Q, the same once more. That w falls by half over each reach
/// beyond follows, for weights that are log-concave, from w(mode ± reach) ≤ ½, which is looked up.
///
/// **Why no decision is rounded.** F is drawn digit by digit, and never further than the comparison needs. Most often the
/// integer part of r lies below a bound of the whole block. Else it is compared with proven bounds of c·w(x) some units
/// apart; and where it falls between these, less than once in 2^50, 64 more bits of F are drawn and w(x) is enclosed more
/// tightly, until the two separate: with probability 1 they do.
///
/// **What is taken modulo 2^64.** A number that `Int64` cannot hold is given modulo 2^64, as a ring of sums needs it anyway,
/// so no overflow changes the law. At the widest noise allowed that comes with a probability of e^-128 for Laplace, e^-8192 for
/// Gaussian noise, and less for Poisson numbers.
struct BlockTable<Law: IntegerLaw>: Sendable {
  /// One block: what a draw decides by, and what it gives.
  struct Block: Sendable {
    /// The last v that falls into the block.
    var last: UInt64
    /// Below it every x of the block is accepted.
    var sure: UInt64
    /// The number nearest to the mode.
    var start: Int64
    /// +1 or -1, away from the mode; 0 in the last entry, whose draws are void.
    var direction: Int64
  }

  let law: Law
  var blocks: [Block] = []
  /// The block of the smallest v with the given first digits.
  var guide: [UInt16] = []
  /// c.
  var factor: UInt64 = 0
  /// The blocks' width is 2^offsetBits.
  let offsetBits: Int
  /// A tail's pieces are M = 2^reachBits blocks wide.
  let reachBits: Int
  /// Entries from here on are tails.
  var firstTail = 0

  static var guideBits: Int { 10 }

  /// The first block that holds a v, from the guide on.
  @inline(__always)
  static func find(_ v: UInt64, _ blocks: UnsafePointer<Block>, _ guide: UnsafePointer<UInt16>) -> Int {
    var place = Int(guide[Int(truncatingIfNeeded: v >> UInt64(64 - guideBits))])
    // The last entry's is the largest number.
    while v > blocks[place].last { place &+= 1 }
    return place
  }

  func sample(using coins: inout SecretCoins) -> Int64 {
    var value: Int64 = 0
    withUnsafeMutablePointer(to: &value) {
      add(to: UnsafeMutableBufferPointer(start: $0, count: 1), sign: 1, using: &coins)
    }
    return value
  }

  /// Adds a sample times `sign` to each number, modulo 2^64.
  func add(to sums: UnsafeMutableBufferPointer<Int64>, sign: Int64, using coins: inout SecretCoins) {
    blocks.withUnsafeBufferPointer { blocks in
      guide.withUnsafeBufferPointer { guide in
        // Safe because neither is empty.
        let (blocks, guide) = (blocks.baseAddress!, guide.baseAddress!)
        let mask: UInt64 = 1 << UInt64(offsetBits) - 1
        for index in sums.indices {
          while true {
            let v = coins.nextUInt64()
            let block = blocks[Self.find(v, blocks, guide)]
            let offset = mask == 0 ? 0 : Int64(truncatingIfNeeded: coins.nextUInt64() & mask)
            if v < block.sure {
              sums[index] &+= sign &* (block.start &+ block.direction &* offset)
              break
            }
            if let value = settle(v, offset: offset, using: &coins) {
              sums[index] &+= sign &* value
              break
            }
          }
        }
      }
    }
  }
}

extension BlockTable {
  /// The trial of a draw that the block's bound leaves open; nil where it is rejected.
  @inline(never)
  private func settle(_ v: UInt64, offset: Int64, using coins: inout SecretCoins) -> Int64? {
    let place = guide.withUnsafeBufferPointer { guide in
      // Safe because neither is empty.
      blocks.withUnsafeBufferPointer { Self.find(v, $0.baseAddress!, guide.baseAddress!) }
    }
    let block = blocks[place]
    guard block.direction != 0 else { return nil }
    // The integer part of r.
    let r = v - (place == 0 ? 0 : blocks[place - 1].last + 1)
    if place < firstTail {
      let x = block.start &+ block.direction &* offset
      let bounds = law.quickBounds(at: x)
      let lower = UInt64(factor.multipliedFullWidth(by: bounds.lower).high)
      if r < lower { return x }
      let upper = UInt128(factor).multipliedFullWidth(by: bounds.upper)
      if UInt128(r) >= (upper.high << 64 | upper.low >> 64) + 1 { return nil }
      return accepts(Int128(x), r, scaledBy: 0, using: &coins) ? x : nil
    }
    // A tail: the piece by tosses of a coin, whose number no program lives long enough to overflow.
    var piece = 0
    while coins.nextUInt64() & 1 == 1 { piece += 1 }
    let reach = Int128(1) << Int128(offsetBits + reachBits)
    let within = Int128(coins.nextUInt64() & UInt64(truncatingIfNeeded: reach - 1))
    let x = Int128(block.start) + Int128(block.direction) * (Int128(piece) * reach + within)
    let isAccepted = accepts(x, r, scaledBy: reachBits + piece + 1, using: &coins)
    return isAccepted ? Int64(truncatingIfNeeded: x) : nil
  }

  /// Whether r + F < c·w(x)·2^scale, for F uniform in [0, 1).
  func accepts(_ x: Int128, _ r: UInt64, scaledBy scale: Int, using coins: inout SecretCoins) -> Bool {
    var drawn = WideInteger(UInt128(r))
    var digits = 0
    while true {
      drawn = (drawn << 64) + WideInteger(UInt128(coins.nextUInt64()))
      digits += 64
      // Two words more than the digits of F: one for those of c, one for the bounds.
      let weight = law.weight(at: x, bits: digits + 128 + scale)
      // All in units of 2^-(digits + 128).
      let factor = WideInteger(UInt128(factor))
      if (drawn + .one) << 128 <= weight.lower * factor { return true }
      if drawn << 128 >= weight.upper * factor { return false }
    }
  }
}
