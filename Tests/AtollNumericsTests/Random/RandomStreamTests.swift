import Foundation
import Testing

@testable import AtollNumerics

/// Tests/Vectors/random_streams.json, made by a second implementation in Python beside it.
struct StreamVector: Decodable, Sendable, CustomTestStringConvertible {
  var seed: String
  var purpose: String
  var round: Int
  var participant: String
  var step: Int
  var next: [String]
  var uniform: [Double]
  var bounds: [Int]
  var below: [Int]
  var shuffled: [Int]
  var sample: [Int]
  var normal: [Double]
  var gammaShapes: [Double]
  var gamma: [Double]

  var testDescription: String { "\(purpose) \(round) \(participant)" }

  var stream: RandomStream {
    get throws {
      RandomStream(
        seed: try #require(UInt64(seed)), purpose: .init(rawValue: purpose), round: round,
        participant: participant, step: step)
    }
  }

  struct File: Decodable { var streams: [StreamVector] }
  static func all() throws -> [StreamVector] { try vectors("random_streams", as: File.self).streams }
}

@Suite struct `Random streams never change` {
  @Test(arguments: try StreamVector.all())
  func `in their bits`(_ vector: StreamVector) throws {
    var stream = try vector.stream
    for expected in vector.next { #expect(String(stream.next()) == expected) }
    stream = try vector.stream
    for expected in vector.uniform { #expect(stream.uniform() == expected) }
  }

  @Test(arguments: try StreamVector.all())
  func `in their whole numbers`(_ vector: StreamVector) throws {
    var stream = try vector.stream
    #expect(vector.bounds.map { stream.below($0) } == vector.below)
    stream = try vector.stream
    var elements = Array(0..<20)
    stream.shuffle(&elements)
    #expect(elements == vector.shuffled)
    stream = try vector.stream
    #expect(stream.sample(12, of: 30) == vector.sample)
  }

  @Test(arguments: try StreamVector.all())
  func `in their real numbers`(_ vector: StreamVector) throws {
    // Python's log is libm's, so the last bits may differ; below they may not.
    var stream = try vector.stream
    for expected in vector.normal {
      #expect((stream.normal() - expected).magnitude <= 1e-13 * expected.magnitude)
    }
    stream = try vector.stream
    for (shape, expected) in zip(vector.gammaShapes, vector.gamma) {
      #expect((Elementary.exp(stream.logGamma(shape: shape)) - expected).magnitude <= 1e-12 * expected)
    }
  }

  /// Hashes of the bits, recorded from this implementation once the vectors above agreed.
  @Test func `in the last bits of normal and gamma numbers`() {
    var stream = RandomStream(seed: 7, purpose: .initialModel)
    let normal = (0..<2000).map { _ in stream.normal() }
    let gamma = (0..<2000).map { stream.logGamma(shape: [0.05, 0.3, 1, 2.5, 40][$0 % 5]) }
    #expect(hash(normal).hexadecimal.prefix(16) == "5c7daf544613484f")
    #expect(hash(gamma).hexadecimal.prefix(16) == "ed014a6e84af999e")
  }

  private func hash(_ numbers: [Double]) -> ContentHash {
    ContentHash(
      of: numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) } })
  }
}

@Suite struct `Random streams` {
  @Test func `with different keys differ, and with equal keys agree`() {
    let streams = [
      RandomStream(seed: 1, purpose: .shuffle), RandomStream(seed: 2, purpose: .shuffle),
      RandomStream(seed: 1, purpose: .split), RandomStream(seed: 1, purpose: .shuffle, round: 1),
      RandomStream(seed: 1, purpose: .shuffle, participant: "a"),
      RandomStream(seed: 1, purpose: .shuffle, step: 1),
      // What plain concatenation would confuse.
      RandomStream(seed: 1, purpose: .shuffle, round: 1, participant: "1"),
      RandomStream(seed: 11, purpose: .shuffle, participant: "1"),
      RandomStream(seed: 1, purpose: .shuffle, participant: "11"),
      RandomStream(seed: 1, purpose: .shuffle, participant: "1", step: 1),
    ]
    let first = streams.map { stream in
      var stream = stream
      return [stream.next(), stream.next()]
    }
    #expect(Set(first).count == streams.count)
    #expect(Set(first.flatMap { $0 }).count == 2 * streams.count)
    var again = RandomStream(seed: 1, purpose: .shuffle)
    #expect([again.next(), again.next()] == first[0])
  }

  @Test func `are values: a copy goes on alone`() {
    var stream = RandomStream(seed: 3, purpose: .cohort)
    _ = stream.next()
    var copy = stream
    #expect(stream.next() == copy.next())
    _ = stream.next()
    #expect(stream.next() != copy.next())
  }

  @Test func `serve borders`() {
    var stream = RandomStream(seed: 4, purpose: .sample)
    #expect((0..<20).allSatisfy { _ in stream.below(1) == 0 })
    #expect(stream.sample(0, of: 0).isEmpty)
    #expect(stream.sample(5, of: 5) == [0, 1, 2, 3, 4])
    var nothing: [Int] = []
    stream.shuffle(&nothing)
    var one = [9]
    stream.shuffle(&one)
    #expect(nothing.isEmpty && one == [9])
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(stream.uniform()) })
    #expect((0..<1000).allSatisfy { _ in stream.logGamma(shape: 1e-20) < 0 })
  }
}
