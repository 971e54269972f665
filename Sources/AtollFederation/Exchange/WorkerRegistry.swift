public import AtollLearning
public import AtollNumerics

/// The workers of a participant, by the kind of question that each answers.
public struct WorkerRegistry: Sendable {
  private var workers: [String: any Worker] = [:]
  /// The models of one's own that questions may name.
  public let models: ModelRegistry

  /// - Parameter models: the models of one's own that questions may name.
  public init(models: ModelRegistry = ModelRegistry()) { self.models = models }

  /// These workers.
  public init(_ workers: any Worker...) {
    self.init()
    for worker in workers { register(worker) }
  }

  /// Adds a worker; a later one for the same kind of question takes the place of an earlier one.
  public mutating func register<W: Worker>(_ worker: W) { workers[W.Question.kind] = worker }

  /// The worker for a kind of question.
  subscript(kind: String) -> (any Worker)? { workers[kind] }

  /// The answerer of a question: made once for an exchange on each thread, then called for each participant.
  ///
  /// - Parameters:
  ///   - query: the question.
  ///   - workbench: the thread's.
  /// - Throws: ``RunFailure`` with code `.unknownQuery` when no worker answers such questions.
  public func answerer(
    of query: any Query, on workbench: Workbench
  ) throws -> (inout LocalContext) throws -> Reply {
    let kind = type(of: query).kind
    guard let worker = workers[kind], let answerer = try bind(worker, to: query, on: workbench) else {
      throw RunFailure(.unknownQuery, "no worker here answers questions of kind “\(kind)”")
    }
    return answerer
  }
}

extension WorkerRegistry {
  /// Reads a question of an earlier exchange, or one that came from outside.
  ///
  /// - Throws: ``RunFailure`` with code `.unknownQuery` when no worker answers such questions; what ``Query/check()``
  ///   throws.
  public func decode(_ question: Checkpoint.Question, blobs: any BlobStore) throws -> any Query {
    guard let worker = workers[question.kind] else {
      throw RunFailure(.unknownQuery, "no worker here answers questions of kind “\(question.kind)”")
    }
    func read<W: Worker>(_ worker: W) throws -> any Query {
      try CanonicalJSON.decode(W.Question.self, from: question.query, blobs: blobs, models: models)
    }
    let query = try read(worker)
    try query.check()
    return query
  }
}

private func bind<W: Worker>(
  _ worker: W, to query: any Query, on workbench: Workbench
) throws -> ((inout LocalContext) throws -> Reply)? {
  guard let question = query as? W.Question else { return nil }
  return try worker.answerer(of: question, on: workbench)
}
