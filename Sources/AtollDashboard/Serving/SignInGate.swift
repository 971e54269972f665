/// Lets so many tries through in a minute from each address: a value that is told the time.
struct SignInGate {
  private struct Tries {
    var began: ContinuousClock.Instant
    var count: Int
  }

  private var tries: [String: Tries] = [:]

  /// Whether an address may try now; the try counts.
  mutating func admits(_ address: String, at now: ContinuousClock.Instant) -> Bool {
    if tries.count >= DashboardLimits.addresses {
      tries = tries.filter { now - $0.value.began < .seconds(60) }
      // Still too many: nobody new until the minute is over.
      guard tries.count < DashboardLimits.addresses || tries[address] != nil else { return false }
    }
    var own = tries[address] ?? Tries(began: now, count: 0)
    if now - own.began >= .seconds(60) { own = Tries(began: now, count: 0) }
    own.count += 1
    tries[address] = own
    return own.count <= DashboardLimits.signIns
  }
}
