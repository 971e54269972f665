import Synchronization
import Testing

@testable import AtollWire

@Suite struct `An outbox` {
  @Test func `gives what was said, in order, also what comes in pieces`() async throws {
    let outbox = Outbox<Int>()
    let pieces = Counter()
    outbox.send(1)
    outbox.send { pieces.next(upTo: 3).map { 10 + $0 } }
    outbox.send(2)
    outbox.finish()
    outbox.send(3)
    var heard: [Int] = []
    while let next = try await outbox.next() { heard.append(next) }
    #expect(heard == [1, 11, 12, 13, 2])
  }

  @Test func `waits for what is said later, and ends when its reader is cancelled`() async throws {
    let outbox = Outbox<Int>()
    let reader = Task { () -> [Int] in
      var heard: [Int] = []
      while let next = try? await outbox.next() { heard.append(next) }
      return heard
    }
    for number in 1...200 {
      outbox.send(number)
      if number % 20 == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
    try await Task.sleep(for: .milliseconds(20))
    reader.cancel()
    #expect(await reader.value == Array(1...200))
  }

  @Test func `shows a sign of life only where nothing waits`() async throws {
    let outbox = Outbox<Int>()
    outbox.sendIfIdle(1)
    outbox.sendIfIdle(2)
    outbox.finish()
    #expect(try await outbox.next() == 1)
    #expect(try await outbox.next() == nil)
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)

  func next(upTo limit: Int) -> Int? {
    count.withLock { count in
      guard count < limit else { return nil }
      count += 1
      return count
    }
  }
}
