import AtollLearning
import Testing

struct LearningRateTests {
  private func rates(_ schedule: LearningRateSchedule, rounds: Int) -> [Double] {
    (0..<rounds).map { schedule.rate(round: $0, of: rounds, base: 0.5) }
  }

  @Test func `a constant rate stays`() {
    #expect(rates(.constant, rounds: 3) == [0.5, 0.5, 0.5])
  }

  @Test func `steps multiply every few rounds`() {
    #expect(rates(.step(every: 2, factor: 0.5), rounds: 5) == [0.5, 0.5, 0.25, 0.25, 0.125])
  }

  @Test func `an exponential rate shrinks each round`() {
    #expect(rates(.exponential(factor: 0.5), rounds: 4) == [0.5, 0.25, 0.125, 0.0625])
    let late = LearningRateSchedule.exponential(factor: 0.9).rate(round: 20, of: 100, base: 1)
    #expect(abs(late - 0.12157665459056928801) < 1e-15)  // 0.9^20 = 12157665459056928801 / 10^20
  }

  @Test func `a cosine falls from the full rate towards the minimum, and no round stands still`() {
    let found = rates(.cosine(minimum: 0.1), rounds: 4)
    // 0.5 · (0.1 + 0.9 · (1 + cos(π·r/4)) / 2), cos(π/4) = √½
    let root = 0.5.squareRoot()
    let expected = [0.5, 0.5 * (0.1 + 0.45 * (1 + root)), 0.275, 0.5 * (0.1 + 0.45 * (1 - root))]
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-15) }
    #expect(rates(.cosine(minimum: 0), rounds: 1) == [0.5])
    #expect(rates(.cosine(minimum: 0), rounds: 100).allSatisfy { $0 > 0 })
  }

  @Test func `inverse time divides`() {
    #expect(rates(.inverseTime(decay: 1), rounds: 4) == [0.5, 0.25, 0.5 / 3, 0.125])
  }

  @Test func `warm-up rises to the full rate, then hands over`() {
    let schedule = LearningRateSchedule.warmup(rounds: 2, then: .step(every: 1, factor: 0.5))
    #expect(rates(schedule, rounds: 5) == [0.25, 0.5, 0.5, 0.25, 0.125])
  }
}
