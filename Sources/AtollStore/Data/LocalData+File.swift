public import AtollFederation
import AtollLearning
import AtollNumerics

extension LocalData {
  /// One participant's own rows, or images, for a deployed task, read from its source as a simulation would read them.
  ///
  /// Where the task names the participant and how its columns are called, and the source does not, that holds; the paths
  /// in the task are those of other machines, and are not looked at.
  ///
  /// - Parameters:
  ///   - source: a CSV file, or what a query gives, with the source's own names of columns; or images and labels.
  ///   - task: what is learnt, and how.
  ///   - participant: whose rows they are.
  ///   - progress: told how far the reading of a file is.
  /// - Throws: ``StoreError`` and `TableError` about the source, `RunFailure` when it is not what the task learns from, or has
  ///   more rows than can be counted.
  public init(
    _ source: DataSource, for task: FederatedTask, participant: ParticipantID,
    progress: @escaping TaskData.Progress = { _, _ in }
  ) throws {
    var reader = TaskReader(task, given: nil, progress: progress)
    if let plan = task.featurePlan {
      let table = try reader.ownTable(source, plan, of: participant.name)
      self.init(.table(table), identity: reader.identity(of: source, participant.name))
    } else {
      let images = try reader.ownImages(source, of: participant.name)
      self.init(images.contents, identity: reader.identity(of: source, participant.name))
    }
    try task.checkHeldOutRows(of: self, participant: participant)
    try task.checkTrainingRows(of: self, participant: participant)
  }

  /// The same from a CSV file, plain or compressed by gzip.
  ///
  /// - Throws: as the other.
  public init(
    csv path: String, for task: FederatedTask, participant: ParticipantID,
    progress: @escaping TaskData.Progress = { _, _ in }
  ) throws {
    try self.init(DataSource(.csv(path: path)), for: task, participant: participant, progress: progress)
  }
}

extension TaskReader {
  /// Of what was read: the bytes of a file after inflation, the rows that a query gave, or images with their labels.
  fileprivate func identity(of source: DataSource, _ name: String) -> LocalData.Identity {
    let hashes = [name, name + " labels"].compactMap { self.hashes[$0] }
    let whole =
      hashes.count == 1 ? hashes[0] : ContentHash(of: Array(hashes.map(\.hexadecimal).joined().utf8))
    return LocalData.Identity(name: source.name, hash: whole)
  }

  fileprivate mutating func ownTable(
    _ source: DataSource, _ plan: FeaturePlan, of name: String
  ) throws -> LocalTable {
    var source = source
    if source.columns.isEmpty, case .participants(let named) = task.data.origin,
      case .table(_, let own)? = named.first(where: { $0.name == name })?.source
    {
      source.columns = own
    }
    // A column that is excluded may be one that only others have.
    var excluded = ExcludedColumns([])
    let read = try table(.source(source), role: name, plan, excluded: &excluded)
    return try splitting([(name, read)], plan: plan)[0]
  }

  fileprivate mutating func ownImages(_ source: DataSource, of name: String) throws -> LocalData {
    guard let classes = task.data.classes, task.data.shape != nil else {
      throw RunFailure(
        .unfit, "the task learns from images, and does not say their shape and how many classes they have",
        hint: "data.shape and data.classes in the task")
    }
    let examples = try images(source, of: name)
    let (training, heldOut) = try split(examples, name: name, test: nil)
    return LocalData(
      .examples(training: training.withClasses(classes), heldOut: heldOut.withClasses(classes)))
  }
}
