import AtollNumerics
import Foundation

@testable import AtollPrivacy

/// Bugs of those who keep a ledger: where the world below does not find one of them, it would not find such a bug in ours.
enum LedgerMutant: CaseIterable, Sendable {
  /// What was charged for a release that did not come to its end is given back.
  case refundOnAbort
  /// A release is charged when it has left.
  case chargeAfterRelease
  /// Only what was charged before now, by the clock, is counted.
  case orderByClock
  /// The budget is held against what was spent before.
  case oneTooMany
  /// The budget is held against one round more.
  case oneTooFew
  /// What is begun anew after a crash is charged anew.
  case chargedTwice
}

/// A holder of data that charges and releases, whose answers get lost, whose process is killed and whose clock is set:
/// as a seed says. The truth is what somebody may have seen, and is counted apart, by the exact law of normal noise.
struct LedgerWorld {
  private let mutant: LedgerMutant?
  private let budget: PrivacyBudget
  private let subject: PrivacySubject
  private var random: SplitMix
  private var ledger = PrivacyLedger()
  private var clock = 500
  /// Σ 1/z² of what may have been seen, of what was accepted, and the activities that were.
  private var seen = 0.0
  private var accepted = 0.0
  private var activities: Set<PrivacyActivity> = []
  private var isSeen: Set<PrivacyActivity> = []
  private(set) var complaints: Set<String> = []
  private(set) var refusals = 0

  init(seed: UInt64, mutant: LedgerMutant?) throws {
    self.mutant = mutant
    random = SplitMix(state: seed)
    budget = try Sample.budget(1, delta: 1e-5)
    subject = try Sample.patients()
  }

  mutating func run() throws {
    var number = 0
    while refusals < 3, number < 400 {
      let activity = try Sample.exchange(number)
      let event = try Sample.gaussian([20, 30, 60][Int(random.next() % 3)])
      if random.next() % 4 == 0 { clock = Int(random.next() % 1000) }
      clock += 1
      number += 1
      switch random.next() % 4 {
      case 0:
        // Killed at some instant, and begun anew; the answer is the one that was kept.
        let instant = random.next() % 3
        if mutant == .chargeAfterRelease, instant > 0 { release(activity, event) }
        guard try instant == 0 || charge(activity, event) else { continue }
        if instant == 2 { release(activity, event) }
        ledger = try JSONDecoder().decode(PrivacyLedger.self, from: JSONEncoder().encode(ledger))
        let again = try mutant == .chargedTwice ? .named("again \(number)") : activity
        guard try charge(again, event, as: activity) else { continue }
        release(activity, event)
      case 1:
        // The run is aborted; whether the answer was seen before, nobody can tell.
        guard try charge(activity, event) else { continue }
        if random.next() % 2 == 0 { release(activity, event) }
        if mutant == .refundOnAbort { ledger = try PrivacyLedger(ledger.entries.dropLast()) }
        compare()
      default:
        if mutant == .chargeAfterRelease { release(activity, event) }
        guard try charge(activity, event) else { continue }
        if mutant != .chargeAfterRelease { release(activity, event) }
      }
    }
  }

  private mutating func charge(
    _ activity: PrivacyActivity, _ event: PrivacyEvent, as begun: PrivacyActivity? = nil
  ) throws -> Bool {
    let time = "2026-05-17T12:00:00.\(String(clock + 1_000_000).dropFirst())Z"
    let precision = event.gaussianPrecision ?? 0
    let fits = activities.contains(begun ?? activity) || epsilon(accepted + precision) <= budget.epsilon
    do {
      switch mutant {
      case .oneTooMany, .oneTooFew, .orderByClock:
        let known = mutant == .orderByClock ? ledger.entries.filter { $0.time <= time } : ledger.entries
        let spent = known.reduce(0) { $0 + ($1.event.gaussianPrecision ?? 0) }
        let next = mutant == .oneTooMany ? spent : spent + precision * (mutant == .oneTooFew ? 2 : 1)
        guard known.contains(where: { $0.activity == activity }) || epsilon(next) <= budget.epsilon else {
          throw PrivacyError(.exhausted, "")
        }
        try ledger.charge(
          event, for: activity, of: subject, unit: budget.unit, relation: budget.relation, at: time)
      default: try ledger.charge(event, for: activity, of: subject, within: budget, at: time)
      }
    } catch let error as PrivacyError where error.code == .exhausted {
      refusals += 1
      if fits { complaints.insert("what fits was refused") }
      return false
    }
    if !fits { complaints.insert("what does not fit was charged") }
    if activities.insert(begun ?? activity).inserted { accepted += precision }
    compare()
    return true
  }

  /// Somebody may have seen it from here on; the same answer twice tells nothing new.
  private mutating func release(_ activity: PrivacyActivity, _ event: PrivacyEvent) {
    if !activities.contains(activity) { complaints.insert("released before it was charged") }
    if isSeen.insert(activity).inserted { seen += event.gaussianPrecision ?? 0 }
    if epsilon(seen) > budget.epsilon { complaints.insert("more was released than the budget allows") }
    compare()
  }

  /// Holds the ledger's figure against the truth.
  private mutating func compare() {
    let spent = try? ledger.spending(
      of: subject, delta: budget.delta, unit: budget.unit, relation: budget.relation
    ).epsilon
    guard let spent else { return _ = complaints.insert("the ledger cannot say what was spent") }
    if spent < epsilon(seen) * (1 - 1e-9) { complaints.insert("the ledger says less than was released") }
    if abs(spent - epsilon(accepted)) > 1e-9 { complaints.insert("the ledger does not say what was charged") }
  }

  private func epsilon(_ precision: Double) -> Double {
    GaussianAccountant.epsilon(mean: precision.squareRoot(), delta: budget.delta)
  }
}

/// A generator for tests (Steele, Lea & Flood 2014).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
