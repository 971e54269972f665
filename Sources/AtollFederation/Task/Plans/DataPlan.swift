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
    /// The name, which files and messages use.
    public let name: String
    /// Where the rows are.
    public let source: Source

    public init(name: String, source: Source) {
      self.name = name
      self.source = source
    }
  }

  /// Where the participants' data come from.
  public enum Origin: Hashable, Codable, Sendable {
    /// Each has its own, in the files named here. Names are unique; there is at least one.
    case participants([Participant])
    /// Each brings its own, and the task does not say who or where: a deployed task, or data in memory.
    case own
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

  /// Where the data come from.
  public let origin: Origin
  /// How tables are written.
  public let format: Format
  /// Nil for images, which bring their labels.
  public let label: Label?
  /// Rows, columns and channels of every image; nil: the images tell, which is enough where all are in one place.
  public let shape: [Int]?
  /// How many classes the images of all participants have; nil: their labels tell.
  public let classes: Int?
  /// The columns that are learnt from; nil: every usable one.
  public let features: [FeatureDeclaration]?
  /// Columns that are learnt from although they look like identifiers.
  public let include: [String]
  /// Columns that are not learnt from.
  public let exclude: [String]
  /// Rows with the same value in this column never fall on both sides of a split.
  public let group: String?
  /// How columns become numbers.
  public let preprocess: PreprocessingPlan
  /// Which rows are held out.
  public let test: Test

  public init(
    origin: Origin, format: Format = Format(), label: Label?,
    shape: [Int]? = nil, classes: Int? = nil, features: [FeatureDeclaration]? = nil,
    include: [String] = [], exclude: [String] = [], group: String? = nil,
    preprocess: PreprocessingPlan = PreprocessingPlan(), test: Test = .fraction(0.2)
  ) {
    self.origin = origin
    self.format = format
    self.label = label
    self.shape = shape
    self.classes = classes
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
    case .own: nil
    }
  }

  /// Whether the data are images, or other examples that bring their targets.
  public var isImages: Bool {
    switch origin {
    case .participants(let participants):
      participants.contains { if case .images = $0.source { true } else { false } }
    case .pooled(.images, _): true
    case .pooled(.table, _): false
    case .own: label == nil
    }
  }
}
