public import AtollFederation

extension LocalData {
  /// One participant's own rows for a deployed task, read from its source as a simulation would read them.
  ///
  /// Where the task names the participant and how its columns are called, and the source does not, that holds; the paths
  /// in the task are those of other machines, and are not looked at.
  ///
  /// - Parameters:
  ///   - source: a CSV file, or what a query gives, with the source's own names of columns.
  ///   - task: what is learnt, and how.
  ///   - participant: whose rows they are.
  ///   - progress: told how far the reading of a file is.
  /// - Throws: ``StoreError`` and `TableError` about the source, `RunFailure` when it has more rows than can be counted.
  public init(
    _ source: DataSource, for task: FederatedTask, participant: ParticipantID,
    progress: @escaping TaskData.Progress = { _, _ in }
  ) throws {
    guard let plan = task.featurePlan else {
      throw RunFailure(.unfit, "the task learns from images, and these rows are a table")
    }
    var source = source
    if source.columns.isEmpty, case .participants(let named) = task.data.origin,
      case .table(_, let own)? = named.first(where: { $0.name == participant.name })?.source
    {
      source.columns = own
    }
    var reader = TaskReader(task, given: nil, progress: progress)
    // A column that is excluded may be one that only others have.
    var excluded = ExcludedColumns([])
    let read = try reader.table(.source(source), role: participant.name, plan, excluded: &excluded)
    let local = try reader.splitting([(participant.name, read)], plan: plan)
    self.init(.table(local[0]))
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
