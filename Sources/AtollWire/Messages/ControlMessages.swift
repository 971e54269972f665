public import AtollFederation
public import AtollNumerics
package import FoundationEssentials

/// A run as the server tells of it.
public struct RunOverview: Hashable, Sendable {
  /// The run.
  public var run: RunID
  /// `FederatedTask.contentHash`.
  public var task: ContentHash
  /// How far it is.
  public var status: RunStatus
  /// What is waited for and until when, or why it ended, in one line.
  public var detail: String
  /// The last round that is done.
  public var round: Int
  /// Rounds of the task.
  public var rounds: Int
  /// Who takes part.
  public var participants: [ParticipantID]
  /// The operator's name.
  public var submittedBy: String
  /// Seconds since 1970.
  public var submitted: Int

  public init(
    run: RunID, task: ContentHash, status: RunStatus, detail: String, round: Int, rounds: Int,
    participants: [ParticipantID], submittedBy: String, submitted: Int
  ) {
    self.run = run
    self.task = task
    self.status = status
    self.detail = detail
    self.round = round
    self.rounds = rounds
    self.participants = participants
    self.submittedBy = submittedBy
    self.submitted = submitted
  }
}

/// The files of a run that a server hands out.
package enum RunFile: String, CaseIterable, Sendable {
  case task = "task.yaml"
  case model = "model.safetensors"
  case description = "model.json"
  case events = "events.jsonl"
  case manifest = "manifest.json"
}

/// Whoever calls a server: its certificate was checked by TLS; what it may do is for the server to say.
package struct Caller: Sendable {
  /// SHA-256 of the certificate.
  package let fingerprint: ContentHash
  /// In DER.
  package let certificate: Data
  /// The address it calls from.
  package let address: String

  package init(fingerprint: ContentHash, certificate: Data, address: String) {
    self.fingerprint = fingerprint
    self.certificate = certificate
    self.address = address
  }
}
