public import AtollFederation
import AtollLearning
public import AtollNumerics

/// The data of a simulated task, read from its files and shared out among its participants.
public struct TaskData: Sendable {
  /// Each participant's rows, split.
  public let participants: [ParticipantID: LocalData]
  /// SHA-256 of what was read, after inflation: by participant, or `pooled`, `labels`, `test`, `split`.
  public let hashes: [String: ContentHash]
  /// How examples are made, where nothing has to be fitted: images.
  public let preparation: Preparation?
  /// Whether the held-out rows are one common set, dealt out among the participants so that each is evaluated once. Then
  /// figures by participant mean nothing.
  public let testIsCommon: Bool
  /// What a person should know, such as a site with one class only.
  public let warnings: [String]

  /// Told which file is being read, and how much of that is done: from 0 to 1. From the thread that reads. Its errors end
  /// the reading and are thrown on.
  public typealias Progress = @Sendable (_ path: String, _ share: Double) throws -> Void

  /// Reads everything.
  ///
  /// - Parameters:
  ///   - task: what is learnt, and how.
  ///   - given: the participants of a task that does not name their data.
  ///   - progress: told how far the reading is.
  /// - Throws: ``StoreError``, `TableError` and `PreparationError` about files and what is in them, `RunFailure` when
  ///   task and participants do not go together.
  public init(
    _ task: FederatedTask, participants given: Participants? = nil, progress: @escaping Progress = { _, _ in }
  ) throws {
    var reader = TaskReader(task, given: given?.contents, progress: progress)
    try reader.checkOrigin()
    if let plan = task.featurePlan {
      try reader.readTables(plan)
    } else if let given {
      try reader.readExamples(given.contents)
    } else {
      try reader.readImages()
    }
    participants = reader.participants
    hashes = reader.hashes
    preparation = reader.preparation
    testIsCommon = reader.testIsCommon
    warnings = reader.warnings
  }
}

/// Reads a task's files one after the other.
struct TaskReader {
  let task: FederatedTask
  /// Participants that the task does not name.
  let given: Participants.Contents?
  var participants: [ParticipantID: LocalData] = [:]
  var hashes: [String: ContentHash] = [:]
  var preparation: Preparation?
  var testIsCommon = false
  var warnings: [String] = []
  private let progress: TaskData.Progress

  init(_ task: FederatedTask, given: Participants.Contents?, progress: @escaping TaskData.Progress) {
    self.task = task
    self.given = given
    self.progress = progress
  }

  var seed: UInt64 { task.federation.seed }

  /// A file to be read in so many passes.
  func source(_ path: String, passes: Int) -> HashedSource { HashedSource(path, passes: passes, progress) }

  func participant(_ name: String) throws -> ParticipantID {
    guard let id = ParticipantID(name) else {
      throw StoreError(.corrupt, path: name, "this cannot be a participant's name")
    }
    return id
  }

  /// Takes those out that the task does not want.
  func isWanted(_ name: String) -> Bool { task.federation.participants?.contains(name) ?? true }

  /// Cuts 0..<count into as many runs of nearly equal length.
  static func deal(_ count: Int, among parts: Int) -> [Range<Int>] {
    (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}
