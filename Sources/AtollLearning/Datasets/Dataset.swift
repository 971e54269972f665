/// Examples ready for a model: numbers only, in one block.
public struct Dataset: Hashable, Sendable {
  /// Extents of one example: `[features]` for tables, `[height, width, channels]` for images.
  public let inputShape: [Int]
  /// Row-major: example after example, `inputCount` numbers each.
  public let features: [Float]
  /// What is to be predicted, one for each example.
  public let targets: Targets

  /// - Precondition: `features.count == targets.count * inputShape.product`.
  public init(inputShape: [Int], features: [Float], targets: Targets) {
    precondition(
      features.count == targets.count * inputShape.reduce(1, *),
      "every example has a target and all its features")
    self.inputShape = inputShape
    self.features = features
    self.targets = targets
  }

  /// Number of examples.
  public var count: Int { targets.count }
  /// Numbers in one example.
  public var inputCount: Int { inputShape.reduce(1, *) }

  /// The examples at these positions, in this order.
  public func examples(at positions: [Int]) -> Dataset {
    let width = inputCount
    let chosen = [Float](unsafeUninitializedCapacity: positions.count * width) { buffer, count in
      for (place, position) in positions.enumerated() {
        for column in 0..<width {
          buffer.initializeElement(at: place * width + column, to: features[position * width + column])
        }
      }
      count = positions.count * width
    }
    return Dataset(inputShape: inputShape, features: chosen, targets: targets.targets(at: positions))
  }

  /// All examples of the parts, in order; nil when there is no part.
  ///
  /// - Precondition: the parts have one input shape and one kind of targets.
  public static func concatenating(_ parts: [Dataset]) -> Dataset? {
    guard let first = parts.first else { return nil }
    precondition(parts.allSatisfy { $0.inputShape == first.inputShape }, "all parts have one input shape")
    return Dataset(
      inputShape: first.inputShape, features: parts.flatMap(\.features),
      targets: parts.dropFirst().reduce(first.targets) { $0.appending($1.targets) })
  }
}

/// What a model is to predict.
public enum Targets: Hashable, Sendable {
  /// Regression: one real number for each example.
  case values([Float])
  /// Classification: class indices in `0..<count`; two classes are the binary case, 1 the positive class.
  case classes([Int32], count: Int)

  /// Number of examples.
  public var count: Int {
    switch self {
    case .values(let values): values.count
    case .classes(let classes, _): classes.count
    }
  }

  func targets(at positions: [Int]) -> Targets {
    switch self {
    case .values(let values): .values(positions.map { values[$0] })
    case .classes(let classes, let count): .classes(positions.map { classes[$0] }, count: count)
    }
  }

  /// The targets of both, these first.
  ///
  /// - Precondition: both are of one kind.
  public func appending(_ other: Targets) -> Targets {
    switch (self, other) {
    case (.values(let left), .values(let right)): return .values(left + right)
    case (.classes(let left, let count), .classes(let right, let same)) where count == same:
      return .classes(left + right, count: count)
    default: preconditionFailure("all parts have one kind of targets")
    }
  }
}
