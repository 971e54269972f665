public import AtollLearning

/// Which data are learnt from, and what they are turned into.
///
/// Paths are those of the machine that simulates: the folder of the task was put before those that are
/// relative.
public struct DataPlan: Hashable, Codable, Sendable {
  /// One body of data.
  public enum Source: Hashable, Codable, Sendable {
    /// A table; `columns` gives the task's name of a column and the file's name for it, where they differ.
    case table(path: String, columns: [String: String])
    /// Images and their labels in IDX files.
    case images(path: String, labels: String)
  }

  /// A participant of a simulation.
  public struct Participant: Hashable, Codable, Sendable {
    public let name: String
    public let source: Source

    public init(name: String, source: Source) {
      self.name = name
      self.source = source
    }
  }

  /// Where the participants' data come from.
  public enum Origin: Hashable, Codable, Sendable {
    /// Each has its own. Names are unique; there is at least one.
    case participants([Participant])
    /// One body of data, split for research.
    case pooled(Source, PartitionPlan)
  }

  /// Which rows are held out.
  public enum Test: Hashable, Codable, Sendable {
    /// This part of each participant's rows, drawn by the seed. 0 holds out nothing.
    case fraction(Double)
    /// A table that says of every row whether it is held out.
    case assignment(path: String)
    /// Tables that nobody trains on.
    case tables([String])
    /// Images that nobody trains on.
    case images(path: String, labels: String)
  }

  public let origin: Origin
  public let format: TableFormat
  /// Nil for images, which bring their labels.
  public let label: LabelPlan?
  /// The columns that are learnt from; nil: every usable one.
  public let features: [FeatureDeclaration]?
  /// Columns that are learnt from although they look like identifiers.
  public let include: [String]
  /// Columns that are not learnt from.
  public let exclude: [String]
  /// Rows with the same value in this column never fall on both sides of a split.
  public let group: String?
  public let preprocess: PreprocessingPlan
  public let test: Test

  public init(
    origin: Origin, format: TableFormat = TableFormat(), label: LabelPlan?,
    features: [FeatureDeclaration]? = nil,
    include: [String] = [], exclude: [String] = [], group: String? = nil,
    preprocess: PreprocessingPlan = PreprocessingPlan(), test: Test = .fraction(0.2)
  ) {
    self.origin = origin
    self.format = format
    self.label = label
    self.features = features
    self.include = include
    self.exclude = exclude
    self.group = group
    self.preprocess = preprocess
    self.test = test
  }

  /// The participants' names, where the task knows them.
  public var participantNames: [String]? {
    guard case .participants(let participants) = origin else { return nil }
    return participants.map(\.name)
  }

  /// How many participants there are, where the task knows it.
  public var participantCount: Int? {
    switch origin {
    case .participants(let participants): participants.count
    case .pooled(_, let partition): partition.participants
    }
  }

  /// Whether the data are images.
  public var isImages: Bool {
    switch origin {
    case .participants(let participants):
      participants.contains { if case .images = $0.source { true } else { false } }
    case .pooled(.images, _): true
    case .pooled(.table, _): false
    }
  }
}

extension PartitionPlan {
  /// How many participants the split makes; nil when the data decide.
  fileprivate var participants: Int? {
    switch self {
    case .iid(let participants), .dirichlet(let participants, _), .quantity(let participants, _),
      .shards(let participants, _), .feature(let participants, _):
      participants
    case .column: nil
    }
  }
}

/// How the tables of a task are written.
public struct TableFormat: Hashable, Codable, Sendable {
  /// What stands between two cells. Raw values are the words of task files.
  public enum Delimiter: String, Hashable, Codable, Sendable, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case bar = "|"
    case tab
    case blank

    /// The character itself.
    public var character: Character {
      switch self {
      case .comma: ","
      case .semicolon: ";"
      case .bar: "|"
      case .tab: "\t"
      case .blank: " "
      }
    }
  }

  /// What stands before the fraction of a number.
  public enum DecimalMark: String, Hashable, Codable, Sendable, CaseIterable {
    case point, comma
  }

  /// The columns' names, where files have no header line.
  public var columns: [String]?
  public var delimiter: Delimiter = .comma
  /// Cells that stand for “not known”.
  public var missingValues: [String] = AtollLearning.TableFormat.usualMissingValues
  public var decimal: DecimalMark = .point

  /// A table with a header line, as RFC 4180 has it.
  public init() {}
}

/// A column to learn from, with what is known about it beforehand.
public struct FeatureDeclaration: Hashable, Codable, Sendable {
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    case number, category
  }

  public let name: String
  /// Nil: inferred from the data.
  public let type: Kind?
  /// Smallest value; smaller ones are errors of the data.
  public let minimum: Double?
  /// Largest value; larger ones are errors of the data.
  public let maximum: Double?
  /// For reports only.
  public let unit: String?

  public init(
    name: String, type: Kind? = nil, minimum: Double? = nil, maximum: Double? = nil, unit: String? = nil
  ) {
    self.name = name
    self.type = type
    self.minimum = minimum
    self.maximum = maximum
    self.unit = unit
  }
}
