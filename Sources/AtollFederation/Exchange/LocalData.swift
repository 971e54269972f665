public import AtollLearning
public import AtollNumerics
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

  /// Which data set it is: known by its content, whatever a task reads of it, so that a ledger can tell what was given away
  /// of it in all.
  public struct Identity: Hashable, Sendable {
    /// What people call it: the name of a file.
    public let name: String
    /// SHA-256 of all of it.
    public let hash: ContentHash

    /// The data set with that name and content.
    public init(name: String, hash: ContentHash) {
      self.name = name
      self.hash = hash
    }
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
  /// Which data set it is; nil where nobody said so: then what is in memory is all of it.
  public let identity: Identity?

  /// Rows as they were split.
  ///
  /// - Parameters:
  ///   - contents: the rows.
  ///   - identity: which data set they were read from; nil where they are all of it.
  public init(_ contents: Contents, identity: Identity? = nil) {
    storage = Storage(contents)
    self.identity = identity
  }

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
  /// Row indices; those of other participants may lie between.
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
  private struct Entry {
    var identity: String
    var value: any Sendable
  }
  private let entries = Mutex<[String: Entry]>([:])

  /// Nothing derived yet.
  public init() {}

  /// The value of a place, made when there is none (perhaps twice, when two threads ask at once).
  ///
  /// - Parameters:
  ///   - place: what the value is for.
  ///   - identity: tells what the value is made by. A place holds the last one that was asked for: examples are large, and
  ///     what comes later seldom wants the former ones again.
  ///   - make: makes the value.
  public func value<Value: Sendable>(
    at place: String, madeBy identity: String, make: () throws -> Value
  ) rethrows -> Value {
    let known = entries.withLock { entries -> Value? in
      if let entry = entries[place], entry.identity == identity { return entry.value as? Value }
      // Before the next one is made, so that both are never in memory.
      entries[place] = nil
      return nil
    }
    if let known { return known }
    let value = try make()
    entries.withLock { $0[place] = Entry(identity: identity, value: value) }
    return value
  }

  /// Forgets everything.
  public func drop() { entries.withLock { $0 = [:] } }
}
