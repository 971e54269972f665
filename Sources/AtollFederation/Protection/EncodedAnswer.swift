package import AtollNumerics
package import FoundationEssentials

/// An answer as bytes: what a participant sends up, and what its receipt is about.
///
/// For sums, in the order of the question: the weight in 8 bytes; then for each sum a byte that names the encoding, and
/// its numbers, which are clipped already and not yet multiplied by the weight:
///
/// | byte | numbers |
/// |---|---|
/// | 0 | single precision, 4 bytes each |
/// | 1 | integers, multiples of 2^-f, 8 bytes each; for sums without weights |
/// | 2 | double precision, 8 bytes each |
///
/// The server rounds them into the ring as the simulator does, so that the bits are the same, and single precision takes
/// half the bytes of the ring's integers. All numbers are little-endian.
package enum EncodedAnswer {
  enum Encoding: UInt8 {
    case single = 0
    case integer = 1
    case double = 2
  }

  /// The answer's bytes.
  ///
  /// - Throws: as ``Outgoing/init(_:to:protection:)``.
  package static func encode(
    _ reply: Reply, to query: any Query, protection: UpdateProtection
  ) throws(RunFailure) -> Data {
    let answer = try Outgoing(reply, to: query, protection: protection)
    var bytes = Data(capacity: answer.count)
    answer.forEachPiece { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// An answer that was clipped and checked, and whose bytes are handed out one after the other.
  package struct Outgoing: Sendable {
    private let contribution: Contribution?
    private let specs: [SumSpec]
    private let individual: Data

    /// - Throws: ``RunFailure``: `.shape` when the reply has not the form that was asked for; `.outOfRange` and
    ///   `.diverged` when a number exceeds its bound, naming the element. What the server would refuse is found here,
    ///   where the message helps.
    package init(
      _ reply: Reply, to query: any Query, protection: UpdateProtection
    ) throws(RunFailure) {
      switch (reply, query.reply) {
      case (.sums(let contribution), .sums(let specs)):
        let clipped = protection.clipping(contribution)
        try protection.check(clipped: clipped, as: specs, of: query)
        (self.contribution, self.specs, individual) = (clipped, specs, Data())
      case (.individual(let bytes), .individual(let limit)) where bytes.count <= limit:
        (contribution, specs, individual) = (nil, [], bytes)
      default:
        throw RunFailure(
          .shape, "an answer to “\(type(of: query).kind)” has not the form that was asked for")
      }
    }

    /// In bytes.
    package var count: Int {
      guard let contribution else { return individual.count }
      return specs.reduce(8) { count, spec in
        if case .floats = contribution.sums[spec.name] { return count + 1 + 4 * spec.count }
        return count + 1 + 8 * spec.count
      }
    }

    /// Hands out the bytes from the first to the last.
    package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
      guard let contribution else { return try individual.withUnsafeBytes(body) }
      try withUnsafeBytes(of: Int64(contribution.weight).littleEndian, body)
      for spec in specs {
        switch contribution.sums[spec.name] {
        case .floats(let numbers):
          try withUnsafeBytes(of: Encoding.single.rawValue, body)
          try Safetensors.forEachPiece(of: numbers, body)
        case .doubles(let numbers):
          try withUnsafeBytes(of: Encoding.double.rawValue, body)
          try numbers.map(\.bitPattern.littleEndian).withUnsafeBytes(body)
        case .integers(let numbers):
          try withUnsafeBytes(of: Encoding.integer.rawValue, body)
          try numbers.map(\.littleEndian).withUnsafeBytes(body)
        case nil: preconditionFailure("the contribution was checked")
        }
      }
    }
  }

  /// The longest answer that a question allows, in bytes.
  package static func limit(of shape: ReplyShape) -> Int {
    switch shape {
    case .sums(let specs): longest(specs)
    case .individual(let limit), .relay(let limit): limit
    }
  }

  private static func longest(_ specs: [SumSpec]) -> Int { specs.reduce(8) { $0 + 1 + 8 * $1.count } }

  /// Reads an answer in the form that the question asks for.
  ///
  /// - Returns: what goes into the sum, or the single answer.
  /// - Throws: as ``IncomingAnswer/init(_:answering:)``, and what reading throws.
  package static func decode(_ bytes: Data, answering query: any Query) throws -> Decoded {
    let answer = try IncomingAnswer(bytes, answering: query)
    guard case .sums(let specs) = query.reply else { return .individual(try answer.individual()) }
    var sum = ExactSum(counts: specs.map(\.count))
    try answer.add(to: &sum)
    return .term(ExactSum.Term(vectors: sum.vectors, weight: sum.weight))
  }

  /// What an answer is to its server.
  package enum Decoded: Sendable {
    case term(ExactSum.Term)
    case individual(Data)
  }
}
