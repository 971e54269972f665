import Testing

@testable import AtollClient

@Suite struct `The delay before the next try` {
  @Test func `doubles up to half a minute, spread by a half`() {
    var backoff = Backoff()
    let delays = (0..<12).map { _ in backoff.failed(chance: 0.5) }
    #expect(delays.prefix(4) == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)])
    #expect(delays.last == .seconds(30))
    #expect(backoff.failures == 12)
    #expect(backoff.failed(chance: 0) == .seconds(15))
    #expect(backoff.failed(chance: 0.999) < .seconds(45))
    backoff.succeeded()
    #expect(backoff.failed(chance: 0.5) == .milliseconds(250))
  }
}
