import AtollNumerics
import Synchronization

/// What goes wrong in one simulated run. Whether a fault strikes is a function of the seed and of the number of the
/// occasion, so that a run can be repeated without some of its faults.
final class FaultPlan: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    /// A message is lost, and with it all that follow in its direction, as TCP loses: the connection breaks later.
    case drop
    case duplicate
    /// A message is overtaken by later ones.
    case reorder
    case delay
    /// Somebody is cut off for a while.
    case partition
    /// A process dies between two steps.
    case kill
    /// A process dies in the midst of a step that is to be on the disk: before, after, or with a part of it there.
    case crash
    case noSpace
    /// Somebody sets a clock.
    case clock
    case decline
    /// An answer takes longer than it is waited for.
    case slow
  }

  struct Fault: Sendable {
    let occasion: Int
    let kind: Kind
    /// Whom it struck, and at what.
    let what: String
    /// Virtual time, in milliseconds.
    let time: Int
  }

  private struct State {
    var occasions = 0
    var faults: [Fault] = []
    var coins: UInt64
    var time = 0
  }

  private let state: Mutex<State>
  private let seed: UInt64
  private let suppressed: Set<Int>
  private let chances: [Kind: Double]
  /// No more strike: every run comes to calm weather.
  private static let most = 40

  /// - Parameters:
  ///   - kinds: those that this run knows at all.
  ///   - suppressed: occasions on which nothing strikes, whatever the seed says.
  init(seed: UInt64, kinds: Set<Kind>, suppressed: Set<Int> = []) {
    self.seed = seed
    self.suppressed = suppressed
    var coins = mixed(seed &+ 0x5EED)
    var chances: [Kind: Double] = [:]
    // Each run has a weather of its own: much of a few kinds shows other things than a little of all.
    for kind in Kind.allCases {
      coins = mixed(coins)
      let strength = [0, 0.3, 1, 1, 3][Int(coins % 5)]
      if kinds.contains(kind) { chances[kind] = Self.base(kind) * strength }
    }
    self.chances = chances
    state = Mutex(State(coins: mixed(coins)))
  }

  /// For each message, step, event, question or answer that the kind can strike.
  private static func base(_ kind: Kind) -> Double {
    switch kind {
    case .drop: 0.006
    case .duplicate, .reorder, .delay: 0.015
    case .partition, .kill: 0.004
    case .crash: 0.02
    case .noSpace: 0.01
    case .clock: 0.01
    case .decline, .slow: 0.04
    }
  }

  /// Whether a fault strikes now.
  func strikes(_ kind: Kind, _ what: @autoclosure () -> String) -> Bool {
    let fault = state.withLock { state -> Int? in
      state.occasions += 1
      let occasion = state.occasions
      guard let chance = chances[kind], state.faults.count < Self.most,
        uniform(mixed(seed &* 0x9E37_79B9 &+ UInt64(occasion))) < chance, !suppressed.contains(occasion)
      else { return nil }
      return occasion
    }
    guard let fault else { return false }
    let words = what()
    state.withLock {
      $0.faults.append(Fault(occasion: fault, kind: kind, what: words, time: $0.time))
    }
    return true
  }

  /// A number of 0..<bound, for what is no fault: delays, orders.
  func below(_ bound: Int) -> Int {
    state.withLock { state in
      state.coins = mixed(state.coins)
      return Int(state.coins % UInt64(max(1, bound)))
    }
  }

  /// Virtual time, in milliseconds.
  var time: Int {
    get { state.withLock { $0.time } }
    set { state.withLock { $0.time = newValue } }
  }

  var faults: [Fault] { state.withLock { $0.faults } }
}

/// The finalizer of SplitMix64: neighbouring numbers give independent ones.
func mixed(_ number: UInt64) -> UInt64 {
  var bits = number &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits >> 31)
}

private func uniform(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
