public import AtollLearning
import Synchronization

/// A participant's own rows, split into those it trains on and those held out.
public struct LocalData: Sendable {
  /// What the rows are.
  public enum Contents: Sendable {
    /// A table, which preprocessing turns into examples.
    case table(LocalTable)
    /// Examples as they are, such as images.
    case examples(training: Dataset, heldOut: Dataset)
  }

  /// Which rows.
  public enum Part: String, Hashable, Codable, Sendable {
    /// Rows to train on.
    case training
    /// Rows to judge a model by.
    case heldOut = "held-out"
  }

  /// One reference for all: rows are handed from function to function for every participant of every exchange.
  private final class Storage: Sendable {
    let contents: Contents
    let derived = DerivedValues()

    init(_ contents: Contents) { self.contents = contents }
  }

  private let storage: Storage

  /// Rows as they were split.
  public init(_ contents: Contents) { storage = Storage(contents) }

  /// The rows.
  public var contents: Contents { storage.contents }
  /// Things derived from the rows. May be dropped at any time: they are made again when asked for.
  public var derived: DerivedValues { storage.derived }

  /// A table of which nothing is held out.
  public init(_ table: Table) {
    self.init(.table(LocalTable(table, training: Array(0..<table.rowCount), heldOut: [])))
  }

  /// Examples of which nothing is held out.
  public init(_ examples: Dataset) {
    self.init(.examples(training: examples, heldOut: examples.examples(at: [])))
  }

  /// The numbers of a table's column, NaN where one is missing: for a worker's own computations.
  ///
  /// - Throws: `TableError` when there is no such column or it holds categories, ``RunFailure`` when the participant has
  ///   no table.
  public func numbers(_ column: String, _ part: Part = .training) throws -> [Double] {
    guard case .table(let local) = contents else {
      throw RunFailure(.worker, "the participant has examples, and no column “\(column)”")
    }
    let numbers = try local.table.numbers(column)
    return local[part].map { numbers[$0] }
  }

  /// Examples as they are; nil where the participant has a table.
  public func examples(_ part: Part = .training) -> Dataset? {
    guard case .examples(let training, let heldOut) = contents else { return nil }
    return part == .training ? training : heldOut
  }
}

/// A table and which of its rows are for what.
public struct LocalTable: Sendable {
  /// All rows.
  public let table: Table
  /// Row indices, ascending.
  public let training: [Int]
  /// Row indices, ascending; none is among ``training``.
  public let heldOut: [Int]
  /// What is known from reading the file, such as which columns hold dates.
  public let remarks: [String: ColumnReport.Remark]

  public init(
    _ table: Table, training: [Int], heldOut: [Int], remarks: [String: ColumnReport.Remark] = [:]
  ) {
    self.table = table
    self.training = training
    self.heldOut = heldOut
    self.remarks = remarks
  }

  /// The row indices of a part.
  public subscript(part: LocalData.Part) -> [Int] { part == .training ? training : heldOut }
}

/// Values that follow from a participant's rows and are costly to make, such as prepared examples.
public final class DerivedValues: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  /// Nothing derived yet.
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
