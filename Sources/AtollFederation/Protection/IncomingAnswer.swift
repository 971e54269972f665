package import AtollNumerics
package import FoundationEssentials

/// The bytes of an answer, wherever they lie.
package protocol AnswerBytes: Sendable {
  /// In bytes.
  var count: Int { get }
  /// SHA-256 of all of them.
  var contentHash: ContentHash { get throws }

  /// Hands out some of the bytes.
  ///
  /// - Precondition: the range lies within `0..<count`.
  func withBytes(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
}

extension Data: AnswerBytes {
  package var contentHash: ContentHash { ContentHash(of: self) }

  package func withBytes(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

/// An answer that came from outside, checked against the question: it is added to the sum piece by piece, so that beside
/// the sum it takes next to no memory.
package struct IncomingAnswer {
  private let bytes: any AnswerBytes
  private let query: any Query
  private let protection: UpdateProtection
  private let specs: [SumSpec]
  private let weight: Int64
  /// For each sum, how its numbers are written and where they begin.
  private let places: [(encoding: EncodedAnswer.Encoding, offset: Int)]

  /// Numbers that are looked at at a time.
  private static let tile = 1 << 16

  /// Checks every number of an answer.
  ///
  /// - Parameters:
  ///   - bytes: the answer.
  ///   - query: what was asked.
  ///   - protection: what was to happen to the answer before it left: one that is longer than the clipping norm is refused.
  /// - Throws: ``RunFailure``: `.shape` when bytes are missing or left over, `.outOfRange` and `.diverged` when a number
  ///   exceeds its bound; what reading the bytes throws.
  package init(
    _ bytes: any AnswerBytes, answering query: any Query, protection: UpdateProtection = .none
  ) throws {
    self.bytes = bytes
    self.query = query
    self.protection = protection
    switch query.reply {
    case .individual(let limit):
      guard bytes.count <= limit else {
        throw RunFailure(.shape, "the answer has \(bytes.count) bytes, at most \(limit) are allowed")
      }
      (specs, weight, places) = ([], 0, [])
    case .sums(let specs):
      self.specs = specs
      weight = try Self.weight(in: bytes)
      places = try Self.places(of: specs, in: bytes)
      try check()
    case .relay: throw RunFailure(.shape, "messages between participants are not relayed here")
    }
  }

  private static func weight(in bytes: any AnswerBytes) throws -> Int64 {
    guard bytes.count >= 8 else { throw RunFailure(.shape, "the answer is cut off") }
    var weight: Int64 = 0
    try bytes.withBytes(0..<8) { weight = Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    // Where no sum is weighted, the weight is only counted.
    guard (0...1 << 40).contains(weight) else {
      throw RunFailure(.outOfRange, "the answer has a weight of \(weight)")
    }
    return weight
  }

  private static func places(
    of specs: [SumSpec], in bytes: any AnswerBytes
  ) throws -> [(encoding: EncodedAnswer.Encoding, offset: Int)] {
    var places: [(encoding: EncodedAnswer.Encoding, offset: Int)] = []
    var offset = 8
    for spec in specs {
      guard offset < bytes.count else { throw RunFailure(.shape, "the answer is cut off") }
      var name: UInt8 = 0
      try bytes.withBytes(offset..<offset + 1) { name = $0[0] }
      let encoding = EncodedAnswer.Encoding(rawValue: name)
      guard let encoding, encoding != .integer || !spec.weighted else {
        throw RunFailure(.shape, "the sum “\(spec.name.rawValue)” is in an encoding that does not suit it")
      }
      places.append((encoding, offset + 1))
      offset += 1 + spec.count * encoding.width
      guard offset <= bytes.count else { throw RunFailure(.shape, "the answer is cut off") }
    }
    guard offset == bytes.count else {
      throw RunFailure(.shape, "\(bytes.count - offset) bytes follow the end of the answer")
    }
    return places
  }

  private func check() throws {
    for (index, spec) in specs.enumerated() {
      do throws(FixedPointError) {
        try spec.format.check(weight: spec.weighted ? Int(weight) : 1)
      } catch {
        throw UpdateProtection.none.refusal(of: error, in: spec, query: query)
      }
      let clip = protection.clipped.contains(spec.name) ? protection.clip : nil
      var squaredNorm = 0.0
      try forEachPiece(of: index) { start, piece in
        switch piece {
        case .floats(let numbers):
          if let refused = RingVector.firstRefused(numbers, as: spec.format) {
            throw refusal(spec.format.refusal(of: Double(numbers[refused]), at: start + refused), in: spec)
          }
          if clip != nil, let address = numbers.baseAddress {
            squaredNorm += Kernels.active.squaredNorm(address, count: numbers.count)
          }
        case .encoded(let vector):
          guard clip != nil else { break }
          for element in vector.elements {
            let number = Double(element) / spec.format.scale / Double(spec.weighted ? max(1, weight) : 1)
            squaredNorm += number * number
          }
        }
      }
      // What was shortened may be longer by the rounding of single precision.
      if let clip, squaredNorm.squareRoot() > clip * (1 + 0x1p-18) {
        throw RunFailure(
          .outOfRange,
          "the sum “\(spec.name.rawValue)” has a norm of \(squaredNorm.squareRoot()), and was to be shortened to \(clip)"
        )
      }
    }
  }

  private func refusal(_ error: FixedPointError, in spec: SumSpec) -> RunFailure {
    UpdateProtection.none.refusal(of: error, in: spec, query: query)
  }

  /// Adds the answer to the sum that the question asks for.
  ///
  /// - Throws: what reading the bytes throws; then the sum is spoilt.
  package func add(to sum: inout ExactSum) throws {
    for (index, spec) in specs.enumerated() {
      let weight = spec.weighted ? Int(weight) : 1
      try forEachPiece(of: index) { start, piece in
        switch piece {
        case .floats(let numbers):
          sum.add(numbers, weight: weight, as: spec.format, to: index, at: start)
        case .encoded(let vector): sum.add(vector, to: index, at: start)
        }
      }
    }
    sum.endTerm(weight: weight)
  }

  /// The whole answer, where it is a single one.
  package func individual() throws -> Data {
    var answer = Data(capacity: bytes.count)
    try bytes.withBytes(0..<bytes.count) { answer.append(contentsOf: $0) }
    return answer
  }

  private enum Piece {
    case floats(UnsafeBufferPointer<Float>)
    case encoded(RingVector)
  }

  private func forEachPiece(of index: Int, _ body: (_ start: Int, Piece) throws -> Void) throws {
    let (spec, place) = (specs[index], places[index])
    for start in stride(from: 0, to: spec.count, by: Self.tile) {
      let count = min(Self.tile, spec.count - start)
      let offset = place.offset + start * place.encoding.width
      try bytes.withBytes(offset..<offset + count * place.encoding.width) { bytes in
        switch place.encoding {
        case .single: try withFloats(bytes) { try body(start, .floats($0)) }
        case .double, .integer: try body(start, .encoded(vector(bytes, place.encoding, spec, start)))
        }
      }
    }
  }

  private func vector(
    _ bytes: UnsafeRawBufferPointer, _ encoding: EncodedAnswer.Encoding, _ spec: SumSpec, _ start: Int
  ) throws -> RingVector {
    let integers = (0..<bytes.count / 8).map {
      Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self))
    }
    do throws(FixedPointError) {
      guard encoding == .double else { return try RingVector(checking: integers, as: spec.format) }
      let numbers = integers.map { Double(bitPattern: UInt64(bitPattern: $0)) }
      return try RingVector(numbers, weight: spec.weighted ? Int(weight) : 1, as: spec.format)
    } catch {
      let place = error.index.map { $0 + start }
      throw refusal(
        FixedPointError(code: error.code, message: error.message, index: place, excess: error.excess),
        in: spec)
    }
  }
}

extension EncodedAnswer.Encoding {
  /// Bytes of a number.
  var width: Int { self == .single ? 4 : 8 }
}

/// Numbers in single precision as they lie, or a copy where they lie at odd places or are written the other way round.
private func withFloats(
  _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<Float>) throws -> Void
) rethrows {
  #if _endian(little)
    if Int(bitPattern: bytes.baseAddress) % MemoryLayout<Float>.alignment == 0 {
      return try body(bytes.assumingMemoryBound(to: Float.self))
    }
  #endif
  let numbers = [Float](unsafeUninitializedCapacity: bytes.count / 4) { numbers, initialized in
    for index in 0..<bytes.count / 4 {
      let pattern = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      numbers.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: pattern)))
    }
    initialized = bytes.count / 4
  }
  try numbers.withUnsafeBufferPointer(body)
}
