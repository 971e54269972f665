public import AtollFederation

extension LocalData {
  /// One participant's own rows for a deployed task, read from its table as a simulation would read them.
  ///
  /// Where the task names the participant and how its columns are called, that holds; the paths in the task are those of
  /// other machines, and are not looked at.
  ///
  /// - Parameters:
  ///   - path: a CSV file, plain or compressed by gzip.
  ///   - task: what is learnt, and how.
  ///   - participant: whose rows they are.
  ///   - progress: told how far the reading is.
  /// - Throws: ``StoreError`` and `TableError` about the file, `RunFailure` when it has more rows than can be counted.
  public init(
    csv path: String, for task: FederatedTask, participant: ParticipantID,
    progress: @escaping TaskData.Progress = { _, _ in }
  ) throws {
    guard let plan = task.featurePlan else {
      throw RunFailure(.unfit, "the task learns from images, and these rows are a table")
    }
    var columns: [String: String] = [:]
    if case .participants(let named) = task.data.origin,
      case .table(_, let own)? = named.first(where: { $0.name == participant.name })?.source
    {
      columns = own
    }
    var reader = TaskReader(task, given: nil, progress: progress)
    // A column that is excluded may be one that only others have.
    var excluded = ExcludedColumns([])
    let read = try reader.read(
      path, role: participant.name, plan: plan, columns: columns, excluded: &excluded)
    let local = try reader.splitting([(participant.name, read)], plan: plan)
    self.init(.table(local[0]))
    try task.checkHeldOutRows(of: self, participant: participant)
    try task.checkTrainingRows(of: self, participant: participant)
  }
}
