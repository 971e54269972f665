public import AtollNumerics
public import FoundationEssentials

/// What the server learns from an exchange, and all that it learns.
public struct ExchangeResult: Sendable {
  /// Whose answers are in the sum, in ascending order; empty where that is secret.
  public let contributors: [ParticipantID]
  /// Number of participants that were asked; where that is secret, how many are expected.
  public let cohort: Int
  /// Number of participants of the run.
  public let population: Int
  /// Σ of the weights; 0 where it is secret.
  public let weight: Int64
  /// The single answers, where the query asked for them, in the order of their senders.
  public let individual: [(participant: ParticipantID, reply: Data)]
  /// Relayed messages, for the inbox of the next exchange.
  public let messages: [SealedMessage]

  private let specs: [SumSpec]
  private let sums: [RingVector]
  /// What a mean divides by where weights and the number of contributors tell too much.
  private let expected: Double?

  /// What drivers make of a closed exchange; `shape` says what the vectors of `sum` are, and `expected` what means divide by
  /// in place of weights and of the number of contributors.
  public init(
    contributors: [ParticipantID], cohort: Int, population: Int, shape: ReplyShape, sum: ExactSum,
    expected: Double? = nil, individual: [(participant: ParticipantID, reply: Data)] = [],
    messages: [SealedMessage] = []
  ) {
    self.expected = expected
    self.contributors = contributors
    self.cohort = cohort
    self.population = population
    self.individual = individual
    self.messages = messages
    weight = expected == nil ? sum.weight : 0
    sums = sum.vectors
    if case .sums(let specs) = shape { self.specs = specs } else { specs = [] }
  }

  /// The exact sum as real numbers.
  ///
  /// - Precondition: the query asked for a sum of that name.
  public func sum(_ name: SumSpec.Name) -> [Double] {
    let index = index(of: name)
    return sums[index].decoded(as: specs[index].format)
  }

  /// The exact sum as integers; for counts, which have no fraction bits.
  public func integers(_ name: SumSpec.Name) -> [Int64] { sums[index(of: name)].elements }

  /// The sum divided by Σ of the weights, or by the number of contributors where the sum has no weights; of a sum with noise,
  /// by the number of contributors that is expected.
  ///
  /// - Throws: ``RunFailure`` with code `.noWeight` when nobody had any rows.
  public func mean(_ name: SumSpec.Name) throws -> [Double] {
    let divisor = divisor(of: specs[index(of: name)])
    guard divisor > 0 else {
      throw RunFailure(.noWeight, "no participant of the exchange had any rows to train on")
    }
    return sum(name).map { $0 / divisor }
  }

  /// The mean piece by piece, for models that are large: no more than a piece takes memory.
  ///
  /// - Parameters:
  ///   - name: of the sum.
  ///   - body: is told the place of the first element and hears some elements of the mean, in order.
  /// - Throws: as ``mean(_:)``, and what `body` throws.
  public func forEachPiece(
    ofMean name: SumSpec.Name, _ body: (_ start: Int, _ mean: UnsafeBufferPointer<Double>) throws -> Void
  ) throws {
    let spec = specs[index(of: name)]
    let divisor = divisor(of: spec)
    guard divisor > 0 else {
      throw RunFailure(.noWeight, "no participant of the exchange had any rows to train on")
    }
    let unit = 1 / spec.format.scale
    let elements = sums[index(of: name)].elements
    let tile = 1 << 14
    try withUnsafeTemporaryAllocation(of: Double.self, capacity: min(tile, elements.count)) { piece in
      for start in stride(from: 0, to: elements.count, by: tile) {
        let count = min(tile, elements.count - start)
        elements.withUnsafeBufferPointer { elements in
          for place in 0..<count {
            piece.initializeElement(at: place, to: Double(elements[start + place]) * unit / divisor)
          }
        }
        try body(start, UnsafeBufferPointer(rebasing: piece[..<count]))
      }
    }
  }

  /// How many answers are in the sum; where that is secret, how many are expected.
  var answers: Int { expected != nil && contributors.isEmpty ? cohort : contributors.count }

  private func divisor(of spec: SumSpec) -> Double {
    expected ?? (spec.weighted ? Double(weight) : Double(contributors.count))
  }

  private func index(of name: SumSpec.Name) -> Int {
    guard let index = specs.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("the query asked for no sum named \(name.rawValue)")
    }
    return index
  }
}
