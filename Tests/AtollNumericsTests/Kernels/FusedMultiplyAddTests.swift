import Testing

@testable import AtollNumerics

@Suite struct `Fused multiply-add` {
  /// Bit patterns of four kinds: any at all, of nearly equal exponents, around the subnormal numbers, and
  /// with few significant bits, which make ties.
  private func number(_ numbers: inout Numbers, kind: Int) -> Float {
    let bits = numbers.bits()
    switch kind {
    case 1: return Float(bitPattern: bits & 0x807f_ffff | (numbers.bits() % 30 + 112) << 23)
    case 2: return Float(bitPattern: bits & 0x8000_0fff | (numbers.bits() % 3) << 23)
    case 3: return Float(bitPattern: bits & 0x80f0_0000 | 0x3f00_0000)
    default: return Float(bitPattern: bits)
    }
  }

  // The oracle is the system's fmaf, which IEEE 754 fixes to the last bit.
  @Test func `every level rounds once, over a million awkward triples`() {
    var numbers = Numbers(seed: 5)
    let count = 1 << 20
    var (a, b, c) = (zeros(count), zeros(count), zeros(count))
    for i in 0..<count {
      let kind = i % 4
      a[i] = number(&numbers, kind: kind)
      b[i] = number(&numbers, kind: kind == 2 ? 1 : kind)
      // Every seventh sum cancels almost wholly.
      c[i] = i % 7 == 0 ? -a[i] * b[i] : number(&numbers, kind: kind)
    }
    let expected = bits((0..<count).map { c[$0].addingProduct(a[$0], b[$0]) })
    for kernels in Kernels.available {
      var y = zeros(count)
      kernels.fusedMultiplyAdd(a, b, c, &y, count: count)
      let wrong = zip(bits(y), expected).count(where: !=)
      #expect(wrong == 0, "\(kernels.name): \(wrong) results differ")
    }
  }
}
