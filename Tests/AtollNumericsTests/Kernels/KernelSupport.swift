import Testing

@testable import AtollNumerics

/// Reproducible numbers for tests: Knuth's 64-bit linear congruential generator (MMIX), upper bits.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func bits() -> UInt32 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(state >> 32)
  }

  /// Uniform in [−1, 1).
  mutating func float() -> Float { Float(Int32(bitPattern: bits())) / 2_147_483_648 }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }

  /// Ordinary numbers among zeros of both signs, subnormal numbers and very small and large ones.
  mutating func awkward(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      let value = float()
      switch bits() % 8 {
      case 0: return 0
      case 1: return -0.0
      case 2: return value * Float.leastNormalMagnitude
      case 3: return value * 1e-20
      case 4: return value * 1e15
      default: return value
      }
    }
  }

  mutating func labels(_ count: Int, classes: Int) -> [Int32] {
    (0..<count).map { _ in Int32(bits() % UInt32(classes)) }
  }
}

func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }

/// The bits of a result; all values that are not a number count as one, for their payload is not promised.
func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern } }

/// Runs the same work on every level that this machine has, requires equal bits, and returns the result.
func onEveryLevel(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ work: (Kernels) -> [[Float]]
) -> [[Float]] {
  let expected = work(Kernels.best)
  for kernels in Kernels.available.dropFirst() {
    let equal = work(kernels).map(bits) == expected.map(bits)
    #expect(equal, "\(what): \(kernels.name) and \(Kernels.best.name) differ", sourceLocation: sourceLocation)
  }
  return expected
}

/// Each value is as close to a sum in double as single precision allows: `scale` is the sum of the sizes of
/// the terms.
func expectClose(
  _ values: [Float], _ reference: [(sum: Double, scale: Double)], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == reference.count, sourceLocation: sourceLocation)
  let worst = zip(values, reference).map { abs(Double($0) - $1.sum) / ($1.scale + 1e-30) }.max() ?? 0
  #expect(worst < 2e-6, "\(what): error \(worst) of the terms' size", sourceLocation: sourceLocation)
}

/// Units in the last place of a `Float` between a value and the true one.
func ulps(_ value: Float, _ truth: Double) -> Double {
  if Double(value) == truth { return 0 }
  if truth.magnitude >= 0x1p128 { return value == (truth > 0 ? .infinity : -.infinity) ? 0 : .infinity }
  let ulp = truth.magnitude < 0x1p-126 ? 0x1p-149 : truth.ulp * 0x1p29
  return (Double(value) - truth).magnitude / ulp
}
