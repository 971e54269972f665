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
  private enum Encoding: UInt8 {
    case single = 0
    case integer = 1
    case double = 2
  }

  /// The answer's bytes.
  ///
  /// - Throws: ``RunFailure``: `.shape` when the reply has not the form that was asked for; `.outOfRange` and
  ///   `.diverged` when a number exceeds its bound, naming the element.
  package static func encode(
    _ reply: Reply, to query: any Query, protection: UpdateProtection
  ) throws(RunFailure) -> Data {
    switch (reply, query.reply) {
    case (.sums(let contribution), .sums(let specs)):
      // What the server would refuse is found here, where the message helps.
      _ = try protection.protect(contribution, as: specs, of: query)
      return encode(protection.clipping(contribution), as: specs)
    case (.individual(let bytes), .individual(let limit)) where bytes.count <= limit: return bytes
    default:
      throw RunFailure(.shape, "an answer to “\(type(of: query).kind)” has not the form that was asked for")
    }
  }

  private static func encode(_ contribution: Contribution, as specs: [SumSpec]) -> Data {
    var bytes = Data(capacity: longest(specs))
    bytes.append(Int64(contribution.weight))
    for spec in specs {
      switch contribution.sums[spec.name] {
      case .floats(let numbers):
        bytes.append(Encoding.single.rawValue)
        bytes.append(littleEndian: numbers)
      case .doubles(let numbers):
        bytes.append(Encoding.double.rawValue)
        for number in numbers { bytes.append(number.bitPattern) }
      case .integers(let numbers):
        bytes.append(Encoding.integer.rawValue)
        for number in numbers { bytes.append(number) }
      case nil: preconditionFailure("the contribution was checked")
      }
    }
    return bytes
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
  /// - Throws: ``RunFailure``: `.shape` when bytes are missing or left over, `.outOfRange` and `.diverged` when a number
  ///   exceeds its bound.
  package static func decode(
    _ bytes: Data, answering query: any Query
  ) throws(RunFailure) -> Decoded {
    switch query.reply {
    case .individual(let limit):
      guard bytes.count <= limit else {
        throw RunFailure(.shape, "the answer has \(bytes.count) bytes, at most \(limit) are allowed")
      }
      return .individual(bytes)
    case .sums(let specs):
      let contribution = try contribution(in: bytes, as: specs)
      return .term(try UpdateProtection.none.protect(contribution, as: specs, of: query))
    case .relay: throw RunFailure(.shape, "messages between participants are not relayed here")
    }
  }

  /// What an answer is to its server.
  package enum Decoded: Sendable {
    case term(ExactSum.Term)
    case individual(Data)
  }

  private static func contribution(
    in bytes: Data, as specs: [SumSpec]
  ) throws(RunFailure) -> Contribution {
    var reader = AnswerReader(bytes)
    let weight = try reader.integers(1)[0]
    // Where no sum is weighted, the weight is only counted.
    guard (0...1 << 40).contains(weight) else {
      throw RunFailure(.outOfRange, "the answer has a weight of \(weight)")
    }
    var contribution = Contribution(weight: Int(weight), sums: [:])
    for spec in specs {
      switch Encoding(rawValue: try reader.byte()) {
      case .single: contribution.sums[spec.name] = .floats(try reader.floats(spec.count))
      case .double: contribution.sums[spec.name] = .doubles(try reader.doubles(spec.count))
      case .integer where !spec.weighted:
        contribution.sums[spec.name] = .integers(try reader.integers(spec.count))
      default:
        throw RunFailure(.shape, "the sum “\(spec.name.rawValue)” is in an encoding that does not suit it")
      }
    }
    try reader.end()
    return contribution
  }
}

/// Reads little-endian numbers, never past the end.
private struct AnswerReader {
  private let bytes: Data
  private var offset = 0

  init(_ bytes: Data) { self.bytes = bytes }

  private mutating func take(_ count: Int) throws(RunFailure) -> Int {
    guard bytes.count - offset >= count else { throw RunFailure(.shape, "the answer is cut off") }
    defer { offset += count }
    return offset
  }

  mutating func byte() throws(RunFailure) -> UInt8 {
    let place = try take(1)
    return bytes[bytes.startIndex + place]
  }

  mutating func floats(_ count: Int) throws(RunFailure) -> [Float] {
    let place = try take(4 * count)
    return bytes.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count) { numbers, initialized in
        for index in 0..<count {
          let pattern = bytes.loadUnaligned(fromByteOffset: place + 4 * index, as: UInt32.self)
          numbers.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: pattern)))
        }
        initialized = count
      }
    }
  }

  mutating func doubles(_ count: Int) throws(RunFailure) -> [Double] {
    let place = try take(8 * count)
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map {
        let pattern = bytes.loadUnaligned(fromByteOffset: place + 8 * $0, as: UInt64.self)
        return Double(bitPattern: UInt64(littleEndian: pattern))
      }
    }
  }

  mutating func integers(_ count: Int) throws(RunFailure) -> [Int64] {
    let place = try take(8 * count)
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map {
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8 * $0, as: Int64.self))
      }
    }
  }

  func end() throws(RunFailure) {
    guard offset == bytes.count else {
      throw RunFailure(.shape, "\(bytes.count - offset) bytes follow the end of the answer")
    }
  }
}

extension Data {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(littleEndian numbers: [Float]) {
    #if _endian(little)
      numbers.withUnsafeBytes { append(contentsOf: $0) }
    #else
      for number in numbers { append(number.bitPattern) }
    #endif
  }
}
