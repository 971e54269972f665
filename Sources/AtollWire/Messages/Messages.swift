package import AtollFederation
package import AtollNumerics
package import AtollPrivacy
package import FoundationEssentials

/// What a participant says in its stream.
package enum FromParticipant: Hashable, Sendable {
  case hello(Hello)
  case heartbeat
  case fetch(ContentHash, offset: Int)
  case offer(Offer)
  case part(AnswerPart)
  case declined(Declined)
}

/// What the server says in a participant's stream.
package enum FromServer: Hashable, Sendable {
  case welcome(Welcome)
  case heartbeat
  case task(TaskMessage)
  case question(QuestionMessage)
  case blobPart(BlobPart)
  case send(ExchangeID, offset: Int)
  case settled(Settled)
  case refused(Refused)
  case runEnded(RunEnded)
  case goodbye(reason: String, comeAgain: Bool)
}

/// An exchange of a run.
package struct ExchangeID: Hashable, Sendable, Codable {
  package let run: RunID
  /// From 0.
  package let exchange: Int

  package init(_ run: RunID, _ exchange: Int) {
    self.run = run
    self.exchange = exchange
  }
}

/// A participant's first message.
package struct Hello: Hashable, Sendable {
  /// Name and version of its program.
  package var software: String
  /// Answers of which it does not know yet what became of them.
  package var pending: [Pending]
  /// Runs of which it has not seen the end.
  package var runs: [RunID]

  package struct Pending: Hashable, Sendable {
    package let exchange: ExchangeID
    /// SHA-256 of the answer.
    package let answer: ContentHash

    package init(_ exchange: ExchangeID, answer: ContentHash) {
      self.exchange = exchange
      self.answer = answer
    }
  }

  package init(software: String, pending: [Pending], runs: [RunID] = []) {
    self.software = software
    self.pending = pending
    self.runs = runs
  }
}

/// The server's first message.
package struct Welcome: Hashable, Sendable {
  package var software: String
  /// Whom the server takes the participant for.
  package var participant: ParticipantID
  /// The server's clock, in seconds since 1970.
  package var time: Int
  /// The latest head of the participant's privacy ledger that the server was told; nil where it was told none.
  package var ledgerHead: LedgerHead?
  /// Of the server's own privacy ledger; nil where it has none.
  package var serverLedgerHead: LedgerHead?

  package init(
    software: String, participant: ParticipantID, time: Int, ledgerHead: LedgerHead? = nil,
    serverLedgerHead: LedgerHead? = nil
  ) {
    self.software = software
    self.participant = participant
    self.time = time
    self.ledgerHead = ledgerHead
    self.serverLedgerHead = serverLedgerHead
  }
}

/// What is learnt in a run.
package struct TaskMessage: Hashable, Sendable {
  package var run: RunID
  /// The canonical text.
  package var yaml: String
  /// `FederatedTask.contentHash`.
  package var hash: ContentHash
  package var seed: UInt64
  /// By whom it was submitted; nil where nobody signed it.
  package var signature: TaskSignature?

  package init(
    run: RunID, yaml: String, hash: ContentHash, seed: UInt64, signature: TaskSignature? = nil
  ) {
    self.run = run
    self.yaml = yaml
    self.hash = hash
    self.seed = seed
    self.signature = signature
  }
}

/// What an operator signed when it submitted a task, so that a participant can tell whose task it is.
package struct TaskSignature: Hashable, Sendable {
  /// The text that was signed.
  package var source: String
  /// ECDSA over SHA-256, in DER.
  package var signature: Data
  /// The operator's certificate, in DER.
  package var signer: Data

  package init(source: String, signature: Data, signer: Data) {
    self.source = source
    self.signature = signature
    self.signer = signer
  }
}

/// What is asked in an exchange.
package struct QuestionMessage: Hashable, Sendable {
  package var exchange: ExchangeID
  package var kind: String
  /// JSON; models are named by hash.
  package var query: Data
  /// JSON of an `UpdateProtection`.
  package var protection: Data
  /// The models that the question names.
  package var blobs: [Blob]
  /// Until the exchange closes.
  package var timeLeft: Duration
  /// Answers that the exchange waits for at the least.
  package var required: Int

  package struct Blob: Hashable, Sendable {
    package let hash: ContentHash
    /// In bytes.
    package let size: Int

    package init(hash: ContentHash, size: Int) {
      self.hash = hash
      self.size = size
    }
  }

  package init(
    exchange: ExchangeID, kind: String, query: Data, protection: Data, blobs: [Blob], timeLeft: Duration,
    required: Int = 1
  ) {
    self.exchange = exchange
    self.kind = kind
    self.query = query
    self.protection = protection
    self.blobs = blobs
    self.timeLeft = timeLeft
    self.required = required
  }

  /// SHA-256 of the query: what an answer is an answer to.
  package var hash: ContentHash { ContentHash(of: query) }
}

/// A piece of a model.
package struct BlobPart: Hashable, Sendable {
  package let hash: ContentHash
  package let offset: Int
  package let content: Data

  package init(hash: ContentHash, offset: Int, content: Data) {
    self.hash = hash
    self.offset = offset
    self.content = content
  }
}

/// An answer that is ready to be sent.
package struct Offer: Hashable, Sendable {
  package var exchange: ExchangeID
  /// SHA-256 of the question.
  package var question: ContentHash
  /// SHA-256 of the answer.
  package var answer: ContentHash
  /// Of the answer, in bytes.
  package var size: Int
  /// The answer, where it is small.
  package var content: Data?
  /// Of the participant's privacy ledger, in which the answer is charged; nil where it has none.
  package var ledgerHead: LedgerHead?

  package init(
    exchange: ExchangeID, question: ContentHash, answer: ContentHash, size: Int, content: Data? = nil,
    ledgerHead: LedgerHead? = nil
  ) {
    self.ledgerHead = ledgerHead
    self.exchange = exchange
    self.question = question
    self.answer = answer
    self.size = size
    self.content = content
  }
}

/// A piece of an answer.
package struct AnswerPart: Hashable, Sendable {
  package let exchange: ExchangeID
  package let offset: Int
  package let content: Data

  package init(exchange: ExchangeID, offset: Int, content: Data) {
    self.exchange = exchange
    self.offset = offset
    self.content = content
  }
}

/// A participant will not answer.
package struct Declined: Hashable, Sendable {
  package let exchange: ExchangeID
  /// One sentence.
  package let reason: String
  /// Whether its own policy refused, rather than that it cannot.
  package let isByPolicy: Bool
  /// Whether it takes part in this run no more.
  package let withdraws: Bool

  package init(exchange: ExchangeID, reason: String, isByPolicy: Bool, withdraws: Bool = false) {
    self.exchange = exchange
    self.reason = reason
    self.isByPolicy = isByPolicy
    self.withdraws = withdraws
  }
}

/// What became of an answer, for good.
package struct Settled: Hashable, Sendable {
  package let exchange: ExchangeID
  /// SHA-256 of the answer.
  package let answer: ContentHash
  /// Whether it is in the sum that was committed.
  package let isCommitted: Bool

  package init(exchange: ExchangeID, answer: ContentHash, isCommitted: Bool) {
    self.exchange = exchange
    self.answer = answer
    self.isCommitted = isCommitted
  }
}

/// Something is not taken.
package struct Refused: Hashable, Sendable {
  package let exchange: ExchangeID
  package let code: RefusalCode
  /// One sentence.
  package let reason: String

  package init(exchange: ExchangeID, code: RefusalCode, reason: String) {
    self.exchange = exchange
    self.code = code
    self.reason = reason
  }
}

/// Why something is not taken; each is counted.
package enum RefusalCode: String, Hashable, Codable, Sendable, CaseIterable {
  case notInvited = "not-invited"
  case duplicate
  case late
  case stale
  /// The answer has not the form that the question asks for.
  case malformed
  /// A number exceeds its bound, or is none.
  case outOfRange = "out-of-range"
  /// The answer is to another question than the one that is asked.
  case replayed
  case unknownRun = "unknown-run"
  case tooLarge = "too-large"
}

/// A run is over.
package struct RunEnded: Hashable, Sendable {
  package let run: RunID
  package let status: RunStatus
  /// One sentence, where there is something to say.
  package let reason: String

  package init(run: RunID, status: RunStatus, reason: String) {
    self.run = run
    self.status = status
    self.reason = reason
  }
}

/// How far a run is.
public enum RunStatus: String, Hashable, Codable, Sendable, CaseIterable {
  /// It waits for its turn: so many runs go on at a time.
  case queued
  /// It goes on.
  case running
  /// It came to its end, and there is a model.
  case finished
  /// It cannot go on.
  case failed
  /// An operator ended it.
  case cancelled

  /// Whether nothing will happen in it any more.
  public var isOver: Bool { self != .running && self != .queued }
}
