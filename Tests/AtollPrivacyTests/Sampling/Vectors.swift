import Foundation

@testable import AtollPrivacy

/// Tests/Vectors/exact_sampling.json, made by mpmath and OpenSSL with the script beside it.
struct SamplingVectors: Decodable {
  struct Coins: Decodable {
    var seed: String
    var first: [String]
    var across: String
    var sha256: String
  }
  struct Exponential: Decodable {
    var units: String
    var value: String
  }
  struct Gaussian: Decodable {
    var variance: Ratio
    var x: Int64
    var weight: String
  }
  struct Laplace: Decodable {
    var scale: Ratio
    var x: Int64
    var weight: String
  }
  struct Poisson: Decodable {
    var mean: Ratio
    var k: Int64
    var weight: String
  }
  struct Logistic: Decodable {
    var gamma: Ratio
    var others: UInt64
    var value: String
  }
  var coins: [Coins]
  var exponentials: [Exponential]
  var gaussian: [Gaussian]
  var laplace: [Laplace]
  var poisson: [Poisson]
  var logistic: [Logistic]

  static func read() throws -> SamplingVectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Vectors/exact_sampling.json")
    return try JSONDecoder().decode(SamplingVectors.self, from: Data(contentsOf: file))
  }
}

/// A number from its decimal digits.
func wide(_ digits: String) -> WideInteger {
  digits.utf8.reduce(.zero) { $0 * WideInteger(UInt128(10)) + WideInteger(UInt128($1 - 48)) }
}
