import Testing

@testable import AtollNumerics

@Suite struct `Choice of the kernels` {
  @Test func `the portable kernels are always there and say that their multiply-add is software`() throws {
    let portable = try #require(Kernels.named("portable"))
    #expect(portable.usesSoftwareFMA)
    #expect(Kernels.available.last?.name == "portable")
    #expect(Kernels.available.dropLast().allSatisfy { !$0.usesSoftwareFMA })
  }

  @Test func `an unknown name gives no kernels`() {
    #expect(Kernels.named("abacus") == nil)
    #expect(Kernels.named("") == nil)
  }

  @Test func `the best kernels are the first of those available`() {
    #expect(Kernels.best.name == Kernels.available.first?.name)
  }

  @Test func `the process does not flush subnormal numbers to zero`() {
    let least = [Float.leastNonzeroMagnitude, .leastNormalMagnitude]
    for kernels in Kernels.available {
      var y = zeros(2)
      kernels.axpy(0.5, [least[1], least[1]], &y, count: 2)
      #expect(y == [least[1] / 2, least[1] / 2] && y[0] != 0)
      y = zeros(2)
      kernels.axpy(0x1p24, [least[0], least[0]], &y, count: 2)
      #expect(y == [0x1p-125, 0x1p-125])
    }
  }
}
