import Testing
@testable import AtollNumerics
@Test func t() { #expect(32 == 32) }
