import AtollLearning
import AtollNumerics
import AtollTraining

/// The data sets, initial weights and cohorts of the peer benchmarks (`bench/peers` of the shared material), made from
/// the integer specification at the head of its `gen_data.py`, seed 1.
enum PeerWorkload: Sendable {
  case w1, w2, w3

  /// The stored arrays, as the specification's files hold them.
  struct Arrays {
    /// First example of each client, and the end.
    var offsets: [Int]
    var features: [Float]
    var labels: [Int32]
    /// Initial weights in PyTorch's order; none for w2, which starts at zero.
    var initial: [Float]
  }

  var inputShape: [Int] {
    switch self {
    case .w1: [28, 28, 1]
    case .w2: [64]
    case .w3: [32, 32, 3]
    }
  }

  var classes: Int {
    switch self {
    case .w1: 62
    case .w2: 2
    case .w3: 10
    }
  }

  var clients: Int { self == .w2 ? 10_000 : 200 }

  var clientsPerRound: Int {
    switch self {
    case .w1: 20
    case .w2: 1000
    case .w3: 50
    }
  }

  var architecture: ModelArchitecture {
    get throws {
      let relu = Layer.activation(.relu)
      func convolution(_ channels: Int) -> Layer {
        .convolution(channels: channels, kernel: 3, stride: 1, padding: 0)
      }
      let kind: ModelKind =
        self == .w2
        ? .logistic
        : .cnn(layers: [
          convolution(32), relu, convolution(64), relu, .maxPooling(window: 2, stride: 2), .dense(units: 128),
          relu,
        ])
      return try ModelArchitecture(kind: kind, inputShape: inputShape, classes: classes)
    }
  }

  /// One pass in stored order, plain descent.
  var plan: LocalTraining {
    LocalTraining(
      loss: .crossEntropy, learningRate: self == .w2 ? 0.1 : 0.05, batchSize: .rows(self == .w2 ? 16 : 10),
      shuffle: false)
  }

  /// The clients of a round.
  func cohort(round: Int) -> [Int] {
    let coins = Integers(stream: 1000 + UInt64(round))
    var all = Array(0..<clients)
    for place in 0..<clientsPerRound {
      all.swapAt(place, place + Integers.pick(coins[place], clients - place))
    }
    return Array(all.prefix(clientsPerRound))
  }

  func arrays() -> Arrays {
    switch self {
    case .w1:
      let sizes = Integers(stream: 10)
      var offsets = [0]
      for client in 0..<clients {
        let a = sizes[client] >> 40
        offsets.append(offsets[client] + 20 + Int((a * a * 281) >> 48))
      }
      return images(base: 10, offsets: offsets, initial: Self.initialWeights(1, 64 * 12 * 12, classes))
    case .w2: return table()
    case .w3:
      return images(
        base: 30, offsets: (0...clients).map { 50 * $0 },
        initial: Self.initialWeights(3, 64 * 14 * 14, classes))
    }
  }

  private func images(base: UInt64, offsets: [Int], initial: [Float]) -> Arrays {
    let (picks, prototypes, noise) = (
      Integers(stream: base + 1), Integers(stream: base + 2), Integers(stream: base + 3)
    )
    let count = offsets[clients]
    let pixels = inputShape.reduce(1, *)
    let labels = (0..<count).map { Int32(Integers.pick(picks[$0], classes)) }
    let features = [Float](unsafeUninitializedCapacity: count * pixels) { features, filled in
      for example in 0..<count {
        for pixel in 0..<pixels {
          let prototype = Integers.bell(prototypes[Int(labels[example]) * pixels + pixel])
          let value = prototype + 2 * Integers.bell(noise[example * pixels + pixel])
          features[example * pixels + pixel] = Float(value) * 0x1p-17
        }
      }
      filled = count * pixels
    }
    return Arrays(offsets: offsets, features: features, labels: labels, initial: initial)
  }

  private func table() -> Arrays {
    let (cells, weights, flips) = (Integers(stream: 20), Integers(stream: 21), Integers(stream: 22))
    let count = clients * 32
    var labels: [Int32] = []
    let features = [Float](unsafeUninitializedCapacity: count * 64) { features, filled in
      for example in 0..<count {
        var score = 0
        for column in 0..<64 {
          let cell = Integers.bell(cells[example * 64 + column])
          score += cell * Integers.bell(weights[column])
          features[example * 64 + column] = Float(cell) * 0x1p-15
        }
        let flipped = flips[example] >> 60 == 0
        labels.append((score > 0) != flipped ? 1 : 0)
      }
      filled = count * 64
    }
    return Arrays(offsets: (0...clients).map { 32 * $0 }, features: features, labels: labels, initial: [])
  }

  /// Glorot uniform, in PyTorch's order.
  private static func initialWeights(_ channels: Int, _ flat: Int, _ classes: Int) -> [Float] {
    let shapes = [
      [32, channels, 3, 3], [32], [64, 32, 3, 3], [64], [128, flat], [128], [classes, 128], [classes],
    ]
    return shapes.enumerated().flatMap { tensor, shape -> [Float] in
      let count = shape.reduce(1, *)
      if shape.count == 1 { return [Float](repeating: 0, count: count) }
      let field = shape.dropFirst(2).reduce(1, *)
      let limit = Float((6 / Double((shape[0] + shape[1]) * field)).squareRoot())
      let draws = Integers(stream: 90 + UInt64(tensor))
      return (0..<count).map { Float(Double(2 * Int(draws[$0] >> 40) - 1 << 24) * 0x1p-24) * limit }
    }
  }

  /// One client's examples.
  func dataset(of client: Int, in arrays: Arrays) -> Dataset {
    let rows = arrays.offsets[client]..<arrays.offsets[client + 1]
    let width = inputShape.reduce(1, *)
    return Dataset(
      inputShape: inputShape,
      features: Array(arrays.features[rows.lowerBound * width..<rows.upperBound * width]),
      targets: .classes(Array(arrays.labels[rows]), count: classes))
  }

  /// The initial weights in our order: PyTorch has convolutions as [out][in][y][x], dense weights as [out][in], and
  /// flattens images as (channel, y, x).
  func initialParameters(of network: Network, from arrays: Arrays) -> ParameterSet {
    guard self != .w2 else { return ParameterSet(zeros: network.layout) }
    let pooled = self == .w1 ? 12 : 14
    let values = network.layout.tensors.flatMap { tensor -> [Float] in
      let source = arrays.initial[tensor.range]
      func element(_ index: Int) -> Float { source[source.startIndex + index] }
      let shape = tensor.shape
      switch (tensor.name, shape.count) {
      case (_, 4):
        let (inputs, outputs, area) = (shape[2], shape[3], shape[0] * shape[1])
        return (0..<tensor.count).map { place in
          let (position, input, output) = (
            place / outputs / inputs, place / outputs % inputs, place % outputs
          )
          return element((output * inputs + input) * area + position)
        }
      case (_, 2):
        let (inputs, outputs) = (shape[0], shape[1])
        return (0..<tensor.count).map { place in
          let (input, output) = (place / outputs, place % outputs)
          // Position outermost, channel innermost; theirs the other way round.
          let theirs = tensor.name.hasPrefix("hidden") ? input % 64 * pooled * pooled + input / 64 : input
          return element(output * inputs + theirs)
        }
      default: return Array(source)
      }
    }
    return ParameterSet(layout: network.layout, values: values)
  }
}

/// The specification's generator: v(stream, i) for seed 1.
struct Integers {
  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
  private let key: UInt64

  init(stream: UInt64) {
    key = Self.mix(Self.mix(1 &+ Self.golden) &+ stream &* Self.golden)
  }

  subscript(index: Int) -> UInt64 { Self.mix(key &+ UInt64(index + 1) &* Self.golden) }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z ^= z >> 30
    z &*= 0xBF58_476D_1CE4_E5B9
    z ^= z >> 27
    z &*= 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  static func pick(_ value: UInt64, _ count: Int) -> Int { Int(((value >> 32) * UInt64(count)) >> 32) }

  static func bell(_ v: UInt64) -> Int {
    Int(v & 0xffff) + Int(v >> 16 & 0xffff) + Int(v >> 32 & 0xffff) + Int(v >> 48) - 131070
  }
}
