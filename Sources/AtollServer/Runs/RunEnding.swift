import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import FoundationEssentials

/// What came of a run, in its folder: the files that `atoll run` writes, so that every command takes either.
struct RunEnding {
  let event: RunEvent
  private let model: LearnedModel
  private let stored: StoredRun
  private let task: FederatedTask
  private let store: ServerStore
  private let folder: RunFolder

  init(
    _ model: LearnedModel, of stored: StoredRun, task: FederatedTask, stopped: String?, store: ServerStore,
    folder: RunFolder
  ) throws {
    self.model = model
    self.stored = stored
    self.task = task
    self.store = store
    self.folder = folder
    let hashes = try ModelFile(model, tables: task.sharedTableFormat).hashes
    let rows = RunEvent.Rows(
      training: model.preparation.preprocessing?.trainingRows ?? 0,
      heldOut: model.evaluation?.pooled.rows ?? 0)
    let sites = task.evaluation.perSite ? model.evaluation?.sites ?? [:] : [:]
    event = .finished(
      RunEvent.Finished(
        rounds: model.rounds, bestRound: model.round, model: folder.path + "/model.safetensors",
        hash: hashes.numbers, parameters: model.parameters.layout.count, classes: model.classNames,
        rows: rows, siteRows: sites.mapValues { RunEvent.Rows(heldOut: $0.rows) },
        evaluation: model.evaluation, baselines: [:], sites: sites.mapValues { ["federated": $0] },
        seconds: max(0, Date.now.timeIntervalSince1970 - Double(stored.submitted)),
        time: Date.now.formatted(.iso8601), stopped: stopped))
  }

  /// Writes everything. Done again after a crash, it writes the same.
  func write() throws {
    let hashes = try ModelFile(model, tables: task.sharedTableFormat).write(to: folder.path)
    try writeAtomically(stored.task.utf8, to: folder.path + "/task.yaml")
    var events = Data()
    for line in try store.events(of: stored.id, from: 0) { events += line + [UInt8(ascii: "\n")] }
    events += try CanonicalJSON.encode(event) + [UInt8(ascii: "\n")]
    try writeAtomically(events, to: folder.path + "/events.jsonl")
    let manifest = try Manifest(header: stored.header, exchanges: store.records(of: stored.id), model: hashes)
    try writeAtomically(CanonicalJSON.encode(manifest), to: folder.path + "/manifest.json")
  }
}
