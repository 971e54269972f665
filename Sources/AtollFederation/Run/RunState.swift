package import AtollLearning
package import AtollNumerics
import FoundationEssentials

/// A run between two exchanges, as its driver holds it: the program, where it stands, and the head of the chain of
/// records.
package struct RunState<Program: FederatedProgram>: Sendable {
  package private(set) var program: Program
  /// Number of the next exchange.
  package private(set) var exchange: Int
  /// SHA-256 of the last record, or of the run's header.
  package private(set) var head: ContentHash
  /// Bytes moved since the last round was reported.
  package private(set) var traffic: Traffic

  /// A new run.
  ///
  /// - Parameter header: SHA-256 of what the run is of: task, data, seed.
  package init(_ program: Program, header: ContentHash) {
    self.program = program
    exchange = 0
    head = header
    traffic = Traffic()
  }

  /// The run after its last commit.
  ///
  /// - Parameter models: the models of one's own that the program may name.
  /// - Throws: ``RunFailure`` with code `.resume` when the checkpoint is of another program.
  package init(
    resuming checkpoint: Checkpoint, header: ContentHash, blobs: any BlobStore,
    models: ModelRegistry = ModelRegistry()
  ) throws {
    guard checkpoint.kind == Program.kind else {
      throw RunFailure(.resume, "the checkpoint is of “\(checkpoint.kind)”, the task is “\(Program.kind)”")
    }
    // What the program is made of is not looked at again: it is what the record says, or nothing is.
    if let record = checkpoint.record, record.program != ContentHash(of: checkpoint.program) {
      throw RunFailure(.resume, "the checkpoint is damaged: its program is not the one that its record names")
    }
    program = try CanonicalJSON.decode(from: checkpoint.program, blobs: blobs, models: models)
    exchange = checkpoint.record.map { $0.exchange + 1 } ?? 0
    head = try checkpoint.record?.hash ?? header
    traffic = checkpoint.traffic
  }

  /// Takes the result of the pending exchange. When the program throws, nothing has changed.
  ///
  /// - Parameter moved: the bytes that the exchange moved.
  /// - Returns: what is to be committed, and the program's report. The driver adds to the checkpoint what only it knows.
  package mutating func absorb(
    _ result: ExchangeResult, of query: any Query, contributors: [Contributor], moved: Traffic,
    blobs: any BlobStore
  ) throws -> (checkpoint: Checkpoint, progress: StepReport) {
    var next = self
    let outcome = try next.absorb(
      inPlace: result, of: type(of: query).kind, contributors: contributors, moved: moved, blobs: blobs)
    self = next
    return outcome
  }

  /// The same without a second copy of the models: when it throws, the state is spoilt, and the run ends.
  package mutating func absorb(
    inPlace result: ExchangeResult, of kind: String, contributors: [Contributor], moved: Traffic,
    blobs: any BlobStore
  ) throws -> (checkpoint: Checkpoint, progress: StepReport) {
    var progress = try program.absorb(result)
    traffic += moved
    if var round = progress.round {
      round.bytesUp = traffic.up
      round.bytesDown = traffic.down
      traffic = Traffic()
      progress.round = round
    }
    let encoded = try CanonicalJSON.encode(program, blobs: blobs)
    let record = ExchangeRecord(
      exchange: exchange, query: kind, contributors: contributors,
      program: ContentHash(of: encoded), round: progress.round, previous: head)
    head = try record.hash
    exchange += 1
    return (
      Checkpoint(record: record, program: encoded, kind: Program.kind, traffic: traffic), progress
    )
  }
}

/// Bytes moved since the last report.
package struct Traffic: Hashable, Codable, Sendable {
  package var up: Int
  package var down: Int

  package init(up: Int = 0, down: Int = 0) {
    self.up = up
    self.down = down
  }

  package static func += (sum: inout Traffic, term: Traffic) {
    sum.up += term.up
    sum.down += term.down
  }
}
