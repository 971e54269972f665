public import AtollFederation
public import AtollLearning

/// The participants of a simulation and their rows, for a task that leaves both open (`DataPlan.Origin.own`).
///
/// ```swift
/// let fromTables: Participants = ["ashford": ashford, "birk": birk]
/// let fromFiles = try Participants(csv: ["sites/ashford.csv", "sites/birk.csv"])
/// let madeUp = Participants(everyone, split: .dirichlet(participants: 20, alpha: 0.5))
/// ```
/// Which of the rows are held out is decided by the task, as it would be for files.
public struct Participants: Sendable {
  enum Source: Sendable {
    case file(String)
    case source(DataSource)
    case csv(MemorySource)
    case table(Table)
    case examples(Dataset)
  }

  enum Contents: Sendable {
    /// In ascending order of the names.
    case each([(name: ParticipantID, source: Source)])
    case pooled(Source, PartitionPlan)
  }

  let contents: Contents

  /// Each participant with its own table.
  public init(_ tables: [ParticipantID: Table]) { self.init(each: tables.mapValues(Source.table)) }

  /// Each participant with examples of its own: numbers and targets, as they are.
  public init(_ examples: [ParticipantID: Dataset]) { self.init(each: examples.mapValues(Source.examples)) }

  /// Each participant with a CSV file of its own, plain or compressed by gzip, read as the task says.
  public init(csv files: [ParticipantID: String]) { self.init(each: files.mapValues(Source.file)) }

  /// Each participant with a source of its own: a file, or what a query gives, with its own names of columns.
  public init(sources: [ParticipantID: DataSource]) { self.init(each: sources.mapValues(Source.source)) }

  /// A CSV file for each participant, who is named after it: `sites/ashford.csv` is that of `ashford`.
  ///
  /// - Throws: ``StoreError`` when two files give one name, or one that nobody can have.
  public init(csv files: [String]) throws {
    var named: [ParticipantID: String] = [:]
    for file in files {
      guard let id = ParticipantID(fileStem(file)) else {
        throw StoreError(.corrupt, path: file, "no participant can be named after this file")
      }
      guard named.updateValue(file, forKey: id) == nil else {
        throw StoreError(.corrupt, path: file, "two participants would be named “\(id)”")
      }
    }
    self.init(csv: named)
  }

  /// One table, split among made-up participants for research.
  public init(_ table: Table, split: PartitionPlan) { contents = .pooled(.table(table), split) }

  /// One body of examples, split among made-up participants for research.
  public init(_ examples: Dataset, split: PartitionPlan) { contents = .pooled(.examples(examples), split) }

  /// Each participant with a table as text, with a header line, read as a file would be.
  public init(csvTexts texts: [ParticipantID: String]) {
    self.init(
      each: Dictionary(uniqueKeysWithValues: texts.map { ($0, .csv(MemorySource($1, name: $0.name))) }))
  }

  private init(each sources: [ParticipantID: Source]) {
    contents = .each(sources.sorted { $0.key < $1.key }.map { (name: $0.key, source: $0.value) })
  }

  /// Their names, in ascending order; nil where the split makes them.
  public var names: [ParticipantID]? {
    if case .each(let sources) = contents { sources.map(\.name) } else { nil }
  }
}

extension Participants: ExpressibleByDictionaryLiteral {
  /// Each participant with its own table.
  ///
  /// - Precondition: no name occurs twice.
  public init(dictionaryLiteral tables: (ParticipantID, Table)...) {
    self.init(Dictionary(uniqueKeysWithValues: tables))
  }
}
