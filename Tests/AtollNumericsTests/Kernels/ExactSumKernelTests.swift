import Testing

@testable import AtollNumerics

@Suite struct `Exact sum kernels` {
  @Test(arguments: [0, 1, 15, 16, 17, 1000])
  func `the squared norm is sixteen partial sums added in order`(count: Int) {
    var n = Numbers(seed: 53)
    let x = n.awkward(count)
    var parts = [Double](repeating: 0, count: 16)
    for i in x.indices { parts[i % 16] += Double(x[i]) * Double(x[i]) }
    let expected = parts.reduce(0, +)
    for kernels in Kernels.available { #expect(kernels.squaredNorm(x, count: count) == expected) }
  }

  @Test func `fixed point rounds ties to even and adds modulo 2⁶⁴`() {
    // Halves around zero and around a large odd number, long enough for whole vectors and a rest.
    let x: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, -0.0, 0.75, 8_388_607.5, -8_388_606.5]
    let rounded: [Int64] = [0, 2, 2, 0, -2, -2, 0, 0, 1, 8_388_608, -8_388_606]
    let long = Array(repeating: x, count: 5).flatMap { $0 }
    for kernels in Kernels.available {
      var sum = [Int64](repeating: .max, count: long.count)
      let end = kernels.accumulateFixed(long, scale: 1, bound: 1e9, into: &sum, count: long.count)
      #expect(end == long.count)
      #expect(sum == Array(repeating: rounded, count: 5).flatMap { $0 }.map { Int64.max &+ $0 })
    }
  }

  @Test(arguments: [0x1p16, 0x1p-3, 1e5 / 3]) func `every element is its product rounded`(scale: Double) {
    var n = Numbers(seed: 59)
    let x = n.floats(1003)
    let expected = x.map { Int64((Double($0) * scale).rounded(.toNearestOrEven)) }
    for kernels in Kernels.available {
      var sum = [Int64](repeating: 0, count: x.count)
      #expect(kernels.accumulateFixed(x, scale: scale, bound: 1, into: &sum, count: x.count) == x.count)
      #expect(sum == expected)
    }
  }

  @Test func `products just below 2⁵¹ are exact`() {
    let x: [Float] = [2_251_799_679_467_520, -2_251_799_679_467_520]  // 2⁵¹ − 2²⁷
    for kernels in Kernels.available {
      var sum: [Int64] = [1, 1]
      #expect(kernels.accumulateFixed(x, scale: 1, bound: 0x1p51, into: &sum, count: 2) == 2)
      #expect(sum == [2_251_799_679_467_521, -2_251_799_679_467_519])
    }
  }

  @Test(arguments: [0, 5, 16, 31, 40])
  func `the first element beyond the bound or not finite is reported`(place: Int) {
    for kernels in Kernels.available {
      for bad in [Float.nan, .infinity, -.infinity, 1.0000001, -2] {
        var x = [Float](repeating: 1, count: 41)
        x[place] = bad
        x[40] = .nan
        var sum = [Int64](repeating: 0, count: 41)
        #expect(kernels.accumulateFixed(x, scale: 1, bound: 1, into: &sum, count: 41) == place)
        let unbounded = kernels.accumulateFixed(x, scale: 1, bound: .infinity, into: &sum, count: 41)
        #expect(unbounded == (bad.isFinite && place < 40 ? 40 : place))
      }
      var sum: [Int64] = [0]
      #expect(kernels.accumulateFixed([0], scale: 1, bound: .nan, into: &sum, count: 1) == 0)
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 1003])
  func `four arrays at once are four arrays one after the other`(count: Int) {
    var n = Numbers(seed: 61)
    let x = (0..<4).map { _ in n.floats(count) }
    let scales = (0x1p40, 0x1p40 / 3, 1e15 / 7, 0.1)
    for kernels in Kernels.available {
      var (one, four) = ([Int64](repeating: .max, count: count), [Int64](repeating: .max, count: count))
      for (x, scale) in zip(x, [scales.0, scales.1, scales.2, scales.3]) {
        #expect(kernels.accumulateFixed(x, scale: scale, bound: 1, into: &one, count: count) == count)
      }
      #expect(kernels.accumulateFour(x, scales: scales, bound: 1, into: &four))
      #expect(four == one)
    }
  }

  @Test(arguments: 0..<4, [0, 20, 40])
  func `four arrays are refused for any one element`(array: Int, place: Int) {
    for kernels in Kernels.available {
      for bad in [Float.nan, -.nan, .infinity, -.infinity, 1.0000001, -2] {
        var x = [[Float]](repeating: [Float](repeating: -1, count: 41), count: 4)
        var sum = [Int64](repeating: 0, count: 41)
        #expect(kernels.accumulateFour(x, scales: (1, 2, 3, 4), bound: 1, into: &sum))
        #expect(!kernels.accumulateFour(x, scales: (1, 2, 3, 4), bound: .nan, into: &sum))
        x[array][place] = bad
        #expect(!kernels.accumulateFour(x, scales: (1, 2, 3, 4), bound: 1, into: &sum))
        #expect(
          kernels.accumulateFour(x, scales: (1, 2, 3, 4), bound: .infinity, into: &sum) == bad.isFinite)
      }
    }
  }

  @Test func `ring sums wrap around`() {
    let x: [Int64] = [1, -1, .max, .min, 5]
    for kernels in Kernels.available {
      var sum: [Int64] = [.max, .min, .max, .min, 6]
      kernels.accumulateRing(x, into: &sum, count: 5)
      #expect(sum == [.min, .max, -2, 0, 11])
    }
  }
}

extension Kernels {
  fileprivate func accumulateFour(
    _ x: [[Float]], scales: (Double, Double, Double, Double), bound: Float, into sum: inout [Int64]
  ) -> Bool {
    let count = sum.count
    return x[0].withUnsafeBufferPointer { a in
      x[1].withUnsafeBufferPointer { b in
        x[2].withUnsafeBufferPointer { c in
          x[3].withUnsafeBufferPointer { d in
            sum.withUnsafeMutableBufferPointer { sum in
              guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress,
                let d = d.baseAddress, let sum = sum.baseAddress
              else { return count == 0 }
              return accumulateFixed((a, b, c, d), scales: scales, bound: bound, into: sum, count: count)
            }
          }
        }
      }
    }
  }
}
