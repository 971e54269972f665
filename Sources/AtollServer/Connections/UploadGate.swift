import AtollFederation
import AtollWire

/// Lets so many answers be received at a time; the others wait in the order in which they were offered. Together with
/// the window of a stream this bounds the memory that receiving takes, however many participants there are.
struct UploadGate: Sendable {
  struct Upload: Hashable, Sendable {
    let participant: ParticipantID
    let exchange: ExchangeID
  }

  private let limit: Int
  private(set) var open: Set<Upload> = []
  private var waiting: [Upload] = []

  init(limit: Int) { self.limit = limit }

  /// Asks for a place.
  ///
  /// - Returns: who may begin now.
  mutating func ask(_ upload: Upload) -> [Upload] {
    guard !open.contains(upload) else { return [upload] }
    if !waiting.contains(upload) { waiting.append(upload) }
    return admit()
  }

  /// Gives back the places that match, also those in the queue.
  ///
  /// - Returns: who may begin now.
  mutating func release(where matches: (Upload) -> Bool) -> [Upload] {
    open = open.filter { !matches($0) }
    waiting.removeAll(where: matches)
    return admit()
  }

  private mutating func admit() -> [Upload] {
    var admitted: [Upload] = []
    while open.count < limit, !waiting.isEmpty {
      let next = waiting.removeFirst()
      open.insert(next)
      admitted.append(next)
    }
    return admitted
  }
}
