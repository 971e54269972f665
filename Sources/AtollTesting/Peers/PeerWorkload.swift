public import AtollLearning
public import AtollTraining

/// The workloads on which other people's software was timed: data, initial weights and cohorts, seed 1.
///
/// All numbers come from integer arithmetic, so that every language makes the same bytes. The specification, v(stream,
/// i) being ``SpecifiedIntegers``:
///
/// - w1, images of 28 x 28 x 1 in 62 classes, 200 clients: client k has 20 + (a² · 281 >> 48) examples with a =
///   v(10, k) >> 40;
/// - w2, 10,000 clients with 32 rows of 64 numbers, bell(v(20, 64 · row + column)) · 2⁻¹⁵; the label is the sign of the
///   scalar product with bell(v(21, column)), turned round where v(22, row) >> 60 is 0;
/// - w3, images of 32 x 32 x 3 in 10 classes, 200 clients with 50 examples;
/// - images are (prototype of the class + 2 · noise) · 2⁻¹⁷, from the streams base + 1 to base + 3.
public enum PeerWorkload: String, Sendable, CaseIterable {
  /// Many classes of images, a table of many clients, images in colour.
  case w1, w2, w3

  /// Extents of one example.
  public var inputShape: [Int] {
    switch self {
    case .w1: [28, 28, 1]
    case .w2: [64]
    case .w3: [32, 32, 3]
    }
  }

  /// Numbers in one example.
  public var width: Int { inputShape.reduce(1, *) }

  /// Number of classes.
  public var classes: Int {
    switch self {
    case .w1: 62
    case .w2: 2
    case .w3: 10
    }
  }

  /// Number of clients.
  public var clients: Int { self == .w2 ? 10_000 : 200 }

  /// Clients that are asked in a round.
  public var clientsPerRound: Int {
    switch self {
    case .w1: 20
    case .w2: 1000
    case .w3: 50
    }
  }

  /// Two convolutions, max-pooling and two fully connected layers; logistic regression for w2.
  public var model: ModelKind {
    guard self != .w2 else { return .logistic }
    func convolution(_ channels: Int) -> Layer {
      .convolution(channels: channels, kernel: 3, stride: 1, padding: 0)
    }
    let relu = Layer.activation(.relu)
    return .cnn(layers: [
      convolution(32), relu, convolution(64), relu, .maxPooling(window: 2, stride: 2), .dense(units: 128),
      relu,
    ])
  }

  /// The model for examples of this shape.
  public var architecture: ModelArchitecture {
    get throws(ModelError) {
      try ModelArchitecture(kind: model, inputShape: inputShape, classes: classes)
    }
  }

  /// One pass in stored order, plain descent.
  public var training: LocalTraining {
    LocalTraining(
      loss: .crossEntropy, learningRate: self == .w2 ? 0.1 : 0.05, batchSize: .rows(self == .w2 ? 16 : 10),
      shuffle: false)
  }

  /// The clients of a round, in the order in which they were drawn.
  public func cohort(round: Int) -> [Int] {
    let coins = SpecifiedIntegers(stream: 1000 + UInt64(round))
    var all = Array(0..<clients)
    for place in 0..<clientsPerRound {
      all.swapAt(place, place + SpecifiedIntegers.pick(coins[place], clients - place))
    }
    return Array(all.prefix(clientsPerRound))
  }

  /// First example of each client, and the end.
  public var offsets: [Int] {
    switch self {
    case .w1:
      let sizes = SpecifiedIntegers(stream: 10)
      var offsets = [0]
      for client in 0..<clients {
        let a = sizes[client] >> 40
        offsets.append(offsets[client] + 20 + Int((a * a * 281) >> 48))
      }
      return offsets
    case .w2: return (0...clients).map { 32 * $0 }
    case .w3: return (0...clients).map { 50 * $0 }
    }
  }
}

// MARK: - Examples

extension PeerWorkload {
  /// Some examples, counted over all clients.
  public func dataset(_ rows: Range<Int>) -> Dataset {
    let (features, labels) = self == .w2 ? table(rows) : images(rows)
    return Dataset(
      inputShape: inputShape, features: features, targets: .classes(labels, count: classes))
  }

  private func images(_ rows: Range<Int>) -> (features: [Float], labels: [Int32]) {
    let base: UInt64 = self == .w1 ? 10 : 30
    let (picks, prototypes, noise) = (
      SpecifiedIntegers(stream: base + 1), SpecifiedIntegers(stream: base + 2),
      SpecifiedIntegers(stream: base + 3)
    )
    let pixels = width
    let labels = rows.map { Int32(SpecifiedIntegers.pick(picks[$0], classes)) }
    let features = [Float](unsafeUninitializedCapacity: rows.count * pixels) { features, filled in
      for row in rows {
        let first = Int(labels[row - rows.lowerBound]) * pixels
        for pixel in 0..<pixels {
          let prototype = SpecifiedIntegers.bell(prototypes[first + pixel])
          let value = prototype + 2 * SpecifiedIntegers.bell(noise[row * pixels + pixel])
          features.initializeElement(at: filled, to: Float(value) * 0x1p-17)
          filled += 1
        }
      }
    }
    return (features, labels)
  }

  private func table(_ rows: Range<Int>) -> (features: [Float], labels: [Int32]) {
    let (cells, weights, flips) = (
      SpecifiedIntegers(stream: 20), SpecifiedIntegers(stream: 21), SpecifiedIntegers(stream: 22)
    )
    var labels: [Int32] = []
    let features = [Float](unsafeUninitializedCapacity: rows.count * 64) { features, filled in
      for row in rows {
        var score = 0
        for column in 0..<64 {
          let cell = SpecifiedIntegers.bell(cells[row * 64 + column])
          score += cell * SpecifiedIntegers.bell(weights[column])
          features.initializeElement(at: filled, to: Float(cell) * 0x1p-15)
          filled += 1
        }
        let flipped = flips[row] >> 60 == 0
        labels.append((score > 0) != flipped ? 1 : 0)
      }
    }
    return (features, labels)
  }
}

/// The specification's generator: v(stream, i) for seed 1, a counter that goes through the finalizer of SplitMix64.
public struct SpecifiedIntegers: Sendable {
  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
  private let key: UInt64

  /// v(stream, ·).
  public init(stream: UInt64) {
    key = Self.mix(Self.mix(1 &+ Self.golden) &+ stream &* Self.golden)
  }

  /// v(stream, index).
  public subscript(index: Int) -> UInt64 { Self.mix(key &+ UInt64(index + 1) &* Self.golden) }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z ^= z >> 30
    z &*= 0xBF58_476D_1CE4_E5B9
    z ^= z >> 27
    z &*= 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// An integer below `count`.
  public static func pick(_ value: UInt64, _ count: Int) -> Int {
    Int(((value >> 32) * UInt64(count)) >> 32)
  }

  /// The sum of four 16-bit numbers, less its mean: bell shaped, standard deviation 37,837.
  public static func bell(_ v: UInt64) -> Int {
    Int(v & 0xffff) + Int(v >> 16 & 0xffff) + Int(v >> 32 & 0xffff) + Int(v >> 48) - 131070
  }
}
