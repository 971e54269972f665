import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Budgets` {
  private let patients: PrivacySubject
  private let round: PrivacyEvent

  init() throws {
    patients = try Sample.patients()
    round = try Sample.round(noise: 1, rate: 0.03)
  }

  @Test(arguments: [(0.0, 0.1), (-1, 0.1), (.infinity, 0.1), (.nan, 0.1), (1, 1), (1, -1), (1, .nan)])
  func `what is no budget is refused, in files too`(_ epsilon: Double, _ delta: Double) throws {
    let refused = #expect(throws: PrivacyError.self) { try Sample.budget(epsilon, delta: delta) }
    #expect(refused?.code == .invalid)
    guard epsilon.isFinite, delta.isFinite else { return }
    let file = try JSONSerialization.data(
      withJSONObject: ["epsilon": epsilon, "delta": delta, "unit": "record", "relation": "zeroOut"]
        as [String: Any])
    #expect(throws: PrivacyError.self) { try JSONDecoder().decode(PrivacyBudget.self, from: file) }
  }

  @Test func `a budget reads back as it was written`() throws {
    let budget = try Sample.budget(2.5, delta: 1e-7, unit: .participant, relation: .zeroOut)
    #expect(try JSONDecoder().decode(PrivacyBudget.self, from: JSONEncoder().encode(budget)) == budget)
  }

  @Test func `the charge that would exceed the budget is refused, and changes nothing`() throws {
    var ledger = PrivacyLedger()
    let budget = try Sample.budget(3)
    var refusal: PrivacyError?
    while refusal == nil {
      let before = ledger
      do {
        try ledger.charge(
          round, for: Sample.exchange(ledger.entries.count), of: patients, within: budget, at: Sample.noon)
      } catch {
        refusal = error as? PrivacyError
        #expect(ledger == before)
      }
    }
    let count = ledger.entries.count
    let (after, spent) = (try epsilon(count + 1, 1e-6), try epsilon(count, 1e-6))
    #expect(spent <= 3 && after > 3)
    #expect(refusal?.code == .exhausted)
    func words(_ value: Double) -> String { "\((value * 100).rounded(.up) / 100)" }
    #expect(
      refusal?.message
        == "round \(count + 1) would bring ε to \(words(after)), the budget is 3.0; ε \(words(spent)) is spent"
    )
    // Less may still be had: of another activity, with more noise.
    try ledger.charge(
      Sample.round(noise: 20, rate: 0.01), for: .named("survey"), of: patients, within: budget,
      at: Sample.noon)
    #expect(ledger.entries.count == count + 1)
  }

  /// ε of so many rounds, by the accountants alone.
  private func epsilon(_ rounds: Int, _ delta: Double) throws -> Double {
    try PrivacyAccounting.epsilon(of: PrivacyEvent(.repeated(round, times: rounds)), delta: delta).epsilon
  }

  @Test func `of a budget that is met exactly nothing is lost`() throws {
    for rounds in [1, 2, 7] {
      let exact = try epsilon(rounds, 1e-6)
      for (budget, most) in [(exact, rounds), (exact.nextDown, rounds - 1)] {
        var ledger = PrivacyLedger()
        let budget = try Sample.budget(budget)
        #expect(try ledger.rounds(of: round, for: patients, within: budget) == most)
        for number in 0..<most {
          try ledger.charge(
            round, for: Sample.exchange(number), of: patients, within: budget, at: Sample.noon)
        }
        #expect(throws: PrivacyError.self) {
          try ledger.charge(round, for: Sample.exchange(most), of: patients, within: budget, at: Sample.noon)
        }
        #expect(ledger.entries.count == most)
      }
    }
  }

  @Test func `normal noise stops where its exact law says`() throws {
    // Σ μ² = n/z²: no accountant between the law and the ledger.
    let noise = try Sample.gaussian(40)
    let budget = try Sample.budget(1, delta: 1e-5)
    var expected = 0
    while GaussianAccountant.delta(mean: Double(expected + 1).squareRoot() / 40, epsilon: 1) <= 1e-5 {
      expected += 1
    }
    #expect(expected > 50)
    var ledger = PrivacyLedger()
    #expect(try ledger.rounds(of: noise, for: patients, within: budget) == expected)
    for number in 0..<expected {
      try ledger.charge(noise, for: Sample.exchange(number), of: patients, within: budget, at: Sample.noon)
    }
    #expect(throws: PrivacyError.self) {
      try ledger.charge(noise, for: Sample.exchange(expected), of: patients, within: budget, at: Sample.noon)
    }
  }

  @Test func `a run is told beforehand in which round it will stop`() throws {
    var ledger = PrivacyLedger()
    let budget = try Sample.budget(2.5)
    try ledger.charge(
      PrivacyEvent(.laplace(scale: 5)), for: .named("survey"), of: patients, within: budget, at: Sample.noon)
    let told = try ledger.rounds(of: round, for: patients, within: budget)
    #expect(told > 10)
    for number in 0..<told {
      #expect(try number % 50 > 0 || ledger.rounds(of: round, for: patients, within: budget) == told - number)
      try ledger.charge(round, for: Sample.exchange(number), of: patients, within: budget, at: Sample.noon)
    }
    #expect(try ledger.rounds(of: round, for: patients, within: budget) == 0)
    #expect(throws: PrivacyError.self) {
      try ledger.charge(round, for: Sample.exchange(told), of: patients, within: budget, at: Sample.noon)
    }
  }

  @Test func `what costs nothing fits without end, and what has no bound never`() throws {
    let ledger = PrivacyLedger()
    let budget = try Sample.budget(1)
    #expect(try ledger.rounds(of: .nothing, for: patients, within: budget) == 1 << 32)
    #expect(try ledger.rounds(of: .nonPrivate, for: patients, within: budget) == 0)
  }

  @Test func `what remains is the budget less what was spent, also by others and without a limit`() throws {
    var ledger = PrivacyLedger()
    let budget = try Sample.budget(2, delta: 0)
    let laplace = try PrivacyEvent(.laplace(scale: 2))
    #expect(try ledger.remaining(of: patients, within: budget) == 2)
    try ledger.charge(laplace, for: .named("a"), of: patients, within: budget, at: Sample.noon)
    #expect(abs(try ledger.remaining(of: patients, within: budget) - 1.5) < 1e-12)
    for number in 0..<5 { try ledger.spend(laplace, number) }
    #expect(try ledger.remaining(of: patients, within: budget) == 0)
    let refusal = #expect(throws: PrivacyError.self) {
      try ledger.charge(laplace, for: .named("b"), of: patients, within: budget, at: Sample.noon)
    }
    #expect(refusal?.message == "b would bring ε to 3.5, the budget is 2.0; ε 3.0 is spent")
    // Another subject has a budget of its own.
    try ledger.charge(laplace, for: .named("b"), of: Sample.patients("2"), within: budget, at: Sample.noon)
  }

  @Test func `budgets at another δ or ε hold for the same entries`() throws {
    var ledger = PrivacyLedger()
    let (wide, narrow) = (try Sample.budget(3), try Sample.budget(3, delta: 1e-9))
    let most = try ledger.rounds(of: round, for: patients, within: narrow)
    for number in 0..<most {
      for budget in [wide, narrow] {
        try ledger.charge(round, for: Sample.exchange(number), of: patients, within: budget, at: Sample.noon)
      }
    }
    #expect(ledger.entries.count == most)
    #expect(throws: PrivacyError.self) {
      try ledger.charge(round, for: Sample.exchange(most), of: patients, within: narrow, at: Sample.noon)
    }
    try ledger.charge(round, for: Sample.exchange(most), of: patients, within: wide, at: Sample.noon)
  }
}
