import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

/// How much accounting a long run takes: counted, as times depend on the machine. Set `ATOLL_LEDGER_TIMES` to see them.
@Suite struct `The cost of ten thousand charges` {
  private func run(
    _ rounds: Int, within budget: PrivacyBudget, _ event: (Int) throws -> PrivacyEvent
  ) throws -> (ledger: PrivacyLedger, refused: Bool) {
    var ledger = PrivacyLedger()
    let start = ContinuousClock.now
    var (refused, longest) = (false, Duration.zero)
    for number in 0..<rounds {
      let event = try event(number)
      let begun = ContinuousClock.now
      do {
        try ledger.charge(
          event, for: Sample.exchange(number), of: Sample.patients(), within: budget, at: Sample.noon)
      } catch let error as PrivacyError where error.code == .exhausted {
        refused = true
        break
      }
      longest = max(longest, ContinuousClock.now - begun)
    }
    if ProcessInfo.processInfo.environment["ATOLL_LEDGER_TIMES"] != nil {
      print(
        "\(ledger.entries.count) charges within \(budget): \(ContinuousClock.now - start), the longest \(longest), "
          + "\(ledger.evaluations(within: budget)) compositions")
    }
    return (ledger, refused)
  }

  @Test func `a run that ends in its last round is accounted for some twenty times`() throws {
    let event = try Sample.round(noise: 1, rate: 0.002)
    let most = try PrivacyAccounting.epsilon(of: PrivacyEvent(.repeated(event, times: 10_000)), delta: 1e-6)
      .epsilon
    let budget = try Sample.budget(most)
    let (ledger, refused) = try run(10_001, within: budget) { _ in event }
    #expect(ledger.entries.count == 10_000 && refused)
    #expect(ledger.evaluations(within: budget) < 40)
    let start = ContinuousClock.now
    #expect(try PrivacyLedger().rounds(of: event, for: Sample.patients(), within: budget) == 10_000)
    if ProcessInfo.processInfo.environment["ATOLL_LEDGER_TIMES"] != nil {
      print("told beforehand in \(ContinuousClock.now - start)")
    }
  }

  @Test func `training and evaluation in turns are as cheap`() throws {
    let training = try Sample.round(noise: 1, rate: 0.002)
    let evaluation = try Sample.gaussian(300)
    let budget = try Sample.budget(
      PrivacyAccounting.epsilon(
        of: PrivacyEvent(
          .composed([
            PrivacyEvent(.repeated(training, times: 5000)), PrivacyEvent(.repeated(evaluation, times: 5000)),
          ])), delta: 1e-6
      ).epsilon)
    let (ledger, refused) = try run(10_002, within: budget) { $0 % 2 == 0 ? training : evaluation }
    #expect(ledger.entries.count >= 10_000 && refused)
    #expect(ledger.evaluations(within: budget) < 40)
  }

  @Test func `rounds of which each is another are added up, not composed anew`() throws {
    let budget = try Sample.budget(4)
    let (ledger, refused) = try run(2000, within: budget) { number in
      try Sample.round(noise: 1 + Double(number) / 10_000, rate: 0.002)
    }
    #expect(ledger.entries.count == 2000 && !refused)
    #expect(ledger.evaluations(within: budget) == 0)
  }
}
