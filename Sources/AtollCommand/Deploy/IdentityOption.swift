import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollWire

/// Who calls, and which server.
struct IdentityOption: ParsableArguments {
  @Option(
    help: "The folder with the key and the certificate, such as server/operator.", completion: .directory,
    transform: nonEmptyPath)
  var identity: String

  /// The way to the server.
  ///
  /// - Throws: `WireError`.
  func client() throws -> WireClient { WireClient(try Identity(contentsOf: identity)) }
}

/// Reads a run's name from the command line.
@Sendable func runName(_ text: String) throws -> RunID {
  guard let run = RunID(text) else {
    throw ValidationError("“\(text)” is no run's name; atoll runs lists them")
  }
  return run
}

extension RunOverview {
  /// As fields of an event.
  var fields: [String: JSON] {
    [
      "run": .string(run.name), "task_sha256": .string("\(task)"), "status": .string(status.rawValue),
      "detail": .string(detail), "round": .integer(round), "rounds": .integer(rounds),
      "participants": .array(participants.map { .string($0.name) }), "submitted_by": .string(submittedBy),
      "submitted": .integer(submitted),
    ]
  }
}
