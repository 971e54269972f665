/// Some examples, as a model sees them while it trains: a view of memory that is valid during the call only.
public struct Batch {
  /// What is to be predicted, one for each example.
  public enum Targets {
    /// Numbers.
    case values(UnsafePointer<Float>)
    /// Class indices; those in a data set that was checked lie in `0..<classes`.
    case classes(UnsafePointer<Int32>)
  }

  /// Number of examples.
  public let rows: Int
  /// Row-major, `width` numbers for each example.
  public let features: UnsafePointer<Float>
  /// Numbers in one example.
  public let width: Int
  /// What is to be predicted.
  public let targets: Targets

  public init(rows: Int, features: UnsafePointer<Float>, width: Int, targets: Targets) {
    self.rows = rows
    self.features = features
    self.width = width
    self.targets = targets
  }

  /// The examples from `start` on, `count` of them.
  package func slice(from start: Int, count: Int) -> Batch {
    let targets: Targets =
      switch targets {
      case .values(let values): .values(values + start)
      case .classes(let classes): .classes(classes + start)
      }
    return Batch(rows: count, features: features + start * width, width: width, targets: targets)
  }
}

extension Dataset {
  /// Calls the body with all examples as one batch.
  package func withBatch<Result, Failure>(
    _ body: (Batch) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let width = inputCount
    return try features.withUnsafeBufferPointer { (features) throws(Failure) -> Result in
      // Safe because only an empty array has no address, and a batch of no rows is not read.
      let address = features.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Float>.alignment)!
      switch targets {
      case .values(let values):
        return try values.withUnsafeBufferPointer { (values) throws(Failure) -> Result in
          let targets = values.baseAddress ?? address
          return try body(Batch(rows: count, features: address, width: width, targets: .values(targets)))
        }
      case .classes(let classes, _):
        return try classes.withUnsafeBufferPointer { (classes) throws(Failure) -> Result in
          // Safe as above.
          let targets = classes.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Int32>.alignment)!
          return try body(Batch(rows: count, features: address, width: width, targets: .classes(targets)))
        }
      }
    }
  }
}
