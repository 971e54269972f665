import Testing

@testable import AtollNumerics

@Suite struct `Kernels on this machine` {
  @Test func `the portable kernels are always there`() {
    #expect(Kernels.named("portable")?.usesSoftwareFMA == true)
    #expect(Kernels.named("abacus") == nil)
  }
}
