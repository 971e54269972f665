public import AtollLearning
public import AtollNumerics

extension PeerWorkload {
  /// Glorot uniform weights, in PyTorch's order: convolutions as [out][in][y][x], dense weights as [out][in]. None for
  /// w2, which starts at zero.
  public var initialWeights: [Float] {
    guard self != .w2 else { return [] }
    let (channels, flat) = (inputShape[2], 64 * pooled * pooled)
    let shapes = [
      [32, channels, 3, 3], [32], [64, 32, 3, 3], [64], [128, flat], [128], [classes, 128], [classes],
    ]
    return shapes.enumerated().flatMap { tensor, shape -> [Float] in
      let count = shape.reduce(1, *)
      if shape.count == 1 { return [Float](repeating: 0, count: count) }
      let field = shape.dropFirst(2).reduce(1, *)
      let limit = Float((6 / Double((shape[0] + shape[1]) * field)).squareRoot())
      let draws = SpecifiedIntegers(stream: 90 + UInt64(tensor))
      return (0..<count).map { Float(Double(2 * Int(draws[$0] >> 40) - 1 << 24) * 0x1p-24) * limit }
    }
  }

  /// Side of the images that the first dense layer sees.
  private var pooled: Int { (inputShape[0] - 4) / 2 }

  /// The initial weights in our order. PyTorch flattens images as (channel, y, x).
  public func initialParameters(of network: Network) -> ParameterSet {
    guard self != .w2 else { return ParameterSet(zeros: network.layout) }
    let theirs = initialWeights
    let area = pooled * pooled
    let values = network.layout.tensors.flatMap { tensor -> [Float] in
      let source = theirs[tensor.range]
      func element(_ index: Int) -> Float { source[source.startIndex + index] }
      let shape = tensor.shape
      switch (tensor.name, shape.count) {
      case (_, 4):
        let (inputs, outputs, taps) = (shape[2], shape[3], shape[0] * shape[1])
        return (0..<tensor.count).map { place in
          let (position, input, output) = (
            place / outputs / inputs, place / outputs % inputs, place % outputs
          )
          return element((output * inputs + input) * taps + position)
        }
      case (_, 2):
        let (inputs, outputs) = (shape[0], shape[1])
        return (0..<tensor.count).map { place in
          let (input, output) = (place / outputs, place % outputs)
          // Position outermost, channel innermost; theirs the other way round.
          let theirs = tensor.name.hasPrefix("hidden") ? input % 64 * area + input / 64 : input
          return element(output * inputs + theirs)
        }
      default: return Array(source)
      }
    }
    return ParameterSet(layout: network.layout, values: values)
  }
}
