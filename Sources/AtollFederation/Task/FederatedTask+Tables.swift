public import AtollLearning

extension FederatedTask {
  /// How the task's tables are written, for a model that is to read others like them; nil for images.
  ///
  /// Columns that files call otherwise than the task are among it where all files do so alike.
  public var sharedTableFormat: AtollLearning.TableFormat? {
    guard !data.isImages else { return nil }
    let maps = tableSources.map(\.columns)
    let isShared = maps.allSatisfy { $0 == maps.first }
    return tableFormat(columns: isShared ? maps.first ?? [:] : [:])
  }

  /// A table that a model of this task reads without being told how: of a participant, or the one that is shared out.
  public var typicalTable: String? {
    let shared = sharedTableFormat?.rename.count
    return tableSources.first { $0.columns.count == shared }?.path
  }

  private var tableSources: [(path: String, columns: [String: String])] {
    let sources: [DataPlan.Source] =
      switch data.origin {
      case .participants(let participants): participants.map(\.source)
      case .pooled(let source, _): [source]
      case .own: []
      }
    return sources.compactMap { if case .table(let path, let columns) = $0 { (path, columns) } else { nil } }
  }

  /// The least number of exchanges of a run that is not stopped early: those of its rounds and of their evaluations.
  public var fewestExchanges: Int {
    guard evaluation.stopping == nil, federation.mode == .synchronous else { return 1 }
    let evaluations = (federation.rounds + evaluation.every - 1) / evaluation.every
    return federation.rounds + evaluations + (federation.initial == .participants ? 1 : 0)
  }
}
