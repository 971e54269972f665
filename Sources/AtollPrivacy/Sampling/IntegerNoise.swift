public import AtollNumerics

/// Noise over the integers, drawn exactly from its law.
public protocol IntegerNoise: Sendable {
  /// One draw, modulo 2^64.
  func sample(using coins: inout SecretCoins) -> Int64
  /// Adds a draw to each number, modulo 2^64.
  func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins)
}

extension IntegerNoise {
  /// Adds a draw to each element, modulo 2^64: the noise of a sum that is exact.
  public func add(to sums: inout RingVector, using coins: inout SecretCoins) {
    let count = sums.elements.count
    sums.withElements { add(to: UnsafeMutableBufferPointer(start: $0, count: count), using: &coins) }
  }

  /// Adds a draw to each number, modulo 2^64.
  public func add(to sums: inout [Int64], using coins: inout SecretCoins) {
    sums.withUnsafeMutableBufferPointer { add(to: $0, using: &coins) }
  }
}
