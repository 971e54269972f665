import AtollFederation
import AtollNumerics
import AtollWire

/// Bounds the memory that models and answers take while they travel, however many participants there are: so many of
/// them are on their way at a time, and the others wait in the order in which they came.
///
/// Whoever is slow keeps a place for a turn only: the transfer goes on, but no longer at the cost of those who wait.
struct TransferGate: Sendable {
  struct Transfer: Hashable, Sendable {
    enum Content: Hashable, Sendable {
      case answer(ExchangeID)
      case model(ContentHash)
    }

    let participant: ParticipantID
    let content: Content

    var isAnswer: Bool { if case .answer = content { true } else { false } }
  }

  /// What a transfer of that size takes of the server's memory: beside its buffers what the allocator cannot give back at
  /// once. As measured: twice its size, and for a long one no more than sixteen windows.
  static func memory(ofSize size: Int) -> Int { 2 * min(size, 8 * WireLimits.windowBytes) }

  private let limit: Int
  private let turn: Duration
  private var places: [Transfer: (memory: Int, until: ContinuousClock.Instant)] = [:]
  private var waiting: [(transfer: Transfer, memory: Int)] = []
  /// When ``receiving`` was last brought up to date.
  private var clock: ContinuousClock.Instant?

  /// How long answers have been on their way: the time of several at once counts once.
  private(set) var receiving = Duration.zero

  /// - Parameters:
  ///   - limit: in bytes; one transfer is let in whatever it takes.
  ///   - turn: how long a transfer counts.
  init(limit: Int = WireLimits.transferMemory, turn: Duration = WireLimits.transferTurn) {
    self.limit = limit
    self.turn = turn
  }

  /// Transfers that have a place.
  var open: Set<Transfer> { Set(places.keys) }

  /// Asks for a place.
  ///
  /// - Returns: who may begin now.
  mutating func ask(_ transfer: Transfer, size: Int, at now: ContinuousClock.Instant) -> [Transfer] {
    guard places[transfer] == nil else { return [transfer] }
    if !waiting.contains(where: { $0.transfer == transfer }) {
      waiting.append((transfer, Self.memory(ofSize: size)))
    }
    return admit(at: now)
  }

  /// Gives back the places that match, also those in the queue.
  ///
  /// - Returns: who may begin now.
  mutating func release(
    at now: ContinuousClock.Instant, where matches: (Transfer) -> Bool
  ) -> [Transfer] {
    tick(now)
    places = places.filter { !matches($0.key) }
    waiting.removeAll { matches($0.transfer) }
    return admit(at: now)
  }

  /// - Returns: who may begin now.
  mutating func admit(at now: ContinuousClock.Instant) -> [Transfer] {
    tick(now)
    guard !waiting.isEmpty else { return [] }
    var taken = places.values.reduce(0) { $1.until > now ? $0 + $1.memory : $0 }
    var admitted: [Transfer] = []
    while let next = waiting.first, taken == 0 || taken + next.memory <= limit {
      waiting.removeFirst()
      places[next.transfer] = (next.memory, now + turn)
      taken += next.memory
      admitted.append(next.transfer)
    }
    return admitted
  }

  /// Counts the time since something last changed.
  private mutating func tick(_ now: ContinuousClock.Instant) {
    if let clock, places.keys.contains(where: \.isAnswer) { receiving += now - clock }
    clock = now
  }
}
