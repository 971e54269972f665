import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// Answers questions, one at a time, on a thread that it is given.
// Safe to share because one computation at a time uses the workbench: the session starts the next when one is done.
final class Computation: @unchecked Sendable {
  private let participant: ParticipantID
  private let store: ParticipantStore
  private let delegate: ParticipantDelegate
  private let workers: WorkerRegistry
  private let workbench = Workbench()
  /// The rows of the task that was asked about last.
  private var rows: (task: ContentHash, data: LocalData)?

  init(
    _ participant: ParticipantID, store: ParticipantStore, delegate: ParticipantDelegate,
    workers: WorkerRegistry
  ) {
    self.participant = participant
    self.store = store
    self.delegate = delegate
    self.workers = workers
  }

  /// Computes an answer and keeps it, on the disk when this returns.
  ///
  /// - Throws: whatever keeps the answer from being given.
  func answer(
    _ question: QuestionMessage, of task: FederatedTask, hash: ContentHash,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> ParticipantStore.Pending {
    let data = try data(for: task, hash: hash)
    let query = try workers.decode(
      Checkpoint.Question(kind: question.kind, query: question.query), blobs: ModelReader(store))
    let protection: UpdateProtection = try CanonicalJSON.decode(from: question.protection)
    let before = try store.state(of: question.exchange.run)
    var context = LocalContext(
      participant: participant, data: data, exchange: question.exchange.exchange,
      seed: task.federation.seed, state: before, workbench: workbench, cancelled: isCancelled)
    let reply = try workers.answerer(of: query, on: workbench)(&context)
    let answer = try EncodedAnswer.Outgoing(reply, to: query, protection: protection)
    return try store.keep(
      answer, to: question, of: hash, memory: context.state == before ? nil : context.state)
  }

  private func data(for task: FederatedTask, hash: ContentHash) throws -> LocalData {
    if let rows, rows.task == hash { return rows.data }
    rows = nil
    let data = try delegate.data(task)
    rows = (hash, data)
    return data
  }
}

/// What is told of a failure: to the owner all, to the server no word that could come from the data.
struct Explanation {
  let own: String
  let told: String

  init(_ error: any Error) {
    own = "\(error)"
    guard let failure = error as? RunFailure else {
      told = "its data could not be read, or do not suit the task"
      return
    }
    switch failure.code {
    case .diverged: told = "training diverged"
    case .outOfRange: told = "a number of its answer exceeds the bound that the task sets"
    case .unknownQuery: told = "its program does not know this kind of question"
    case .unfit, .worker, .noWeight: told = "its data do not suit the task"
    default: told = "it could not compute an answer"
    }
  }
}
