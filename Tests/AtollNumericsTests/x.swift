import Testing
@testable import AtollNumerics
@Test func t() { #expect(h() == 32) }
