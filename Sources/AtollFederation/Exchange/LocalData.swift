public import AtollLearning
import Synchronization

/// A participant's own rows, split into those it trains on and those held out.
public struct LocalData: Sendable {
  /// What the rows are: a table that preprocessing turns into examples, or examples as they are (images).
  public enum Rows: Sendable {
    case table(Table)
    case examples(Dataset)

    public var count: Int {
      switch self {
      case .table(let table): table.rowCount
      case .examples(let examples): examples.count
      }
    }
  }

  public enum Part: String, Hashable, Sendable {
    case training, heldOut
  }

  public let training: Rows
  public let heldOut: Rows
  /// Things derived from the rows. May be dropped at any time: they are made again when asked for.
  public let derived: DerivedValues

  public init(training: Rows, heldOut: Rows) {
    self.training = training
    self.heldOut = heldOut
    derived = DerivedValues()
  }

  public subscript(part: Part) -> Rows { part == .training ? training : heldOut }
}

/// Values that follow from a participant's rows and are costly to make, such as prepared examples.
public final class DerivedValues: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  public init() {}

  /// The value under a key, made when it is not there (perhaps twice, when two threads ask at once).
  public func value<Value: Sendable>(for key: String, make: () throws -> Value) rethrows -> Value {
    if let value = values.withLock({ $0[key] }) as? Value { return value }
    let value = try make()
    values.withLock { $0[key] = value }
    return value
  }

  /// Forgets everything.
  public func drop() { values.withLock { $0 = [:] } }
}
