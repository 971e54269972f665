package import AtollFederation
package import AtollLearning
package import AtollNumerics
package import AtollWire

/// A run, as a list shows it.
package struct RunRow: Hashable, Sendable {
  package var id: RunID
  /// `FederatedTask.contentHash`.
  package var task: ContentHash
  package var status: RunStatus
  /// Why it ended, where there is something to say.
  package var reason: String
  /// The last round that is done, of how many.
  package var round: Int
  package var rounds: Int
  package var participants: [ParticipantID]
  package var submittedBy: String
  /// Seconds since 1970.
  package var submitted: Int
  /// The metric that the run goes by, and its last value.
  package var headline: Headline?
  /// What it waits for; nil when it is over, or about to begin.
  package var wait: RunWait?

  package struct Headline: Hashable, Sendable {
    package var metric: Metric
    package var value: Double

    package init(_ metric: Metric, _ value: Double) { (self.metric, self.value) = (metric, value) }
  }

  package init(
    id: RunID, task: ContentHash, status: RunStatus, reason: String = "", round: Int, rounds: Int,
    participants: [ParticipantID], submittedBy: String, submitted: Int, headline: Headline? = nil,
    wait: RunWait? = nil
  ) {
    self.id = id
    self.task = task
    self.status = status
    self.reason = reason
    self.round = round
    self.rounds = rounds
    self.participants = participants
    self.submittedBy = submittedBy
    self.submitted = submitted
    self.headline = headline
    self.wait = wait
  }
}

/// What a run waits for, for whom, and until when.
package struct RunWait: Hashable, Sendable {
  /// The round that is under way, from 1; nil before the first.
  package var round: Int?
  /// What is asked: `training`, `evaluating`.
  package var purpose: String
  /// Whose answers, or whose joining, it waits for.
  package var awaited: [ParticipantID]
  /// Who was asked, and whose answer is in; nil while nobody is asked yet.
  package var asked: Asked?
  /// Until the deadline, in whole seconds.
  package var secondsLeft: Int
  /// Why it stands still, where it is not for want of answers.
  package var problem: String?

  package struct Asked: Hashable, Sendable {
    package var cohort: [ParticipantID]
    package var answered: [ParticipantID]

    package init(cohort: [ParticipantID], answered: [ParticipantID]) {
      self.cohort = cohort
      self.answered = answered
    }
  }

  package init(
    round: Int?, purpose: String, awaited: [ParticipantID], asked: Asked?, secondsLeft: Int,
    problem: String? = nil
  ) {
    self.round = round
    self.purpose = purpose
    self.awaited = awaited
    self.asked = asked
    self.secondsLeft = secondsLeft
    self.problem = problem
  }
}

/// A run with all that a page about it shows.
package struct RunDetail: Sendable {
  package var row: RunRow
  package var evaluation: EvaluationPlan
  /// What the task promises of privacy; nil where it promises nothing.
  package var privacy: PrivacyPlan?
  /// The task's name.
  package var name: String
  /// Every round that was told.
  package var rounds: [RunRecord.Round]
  package var ending: RunRecord.Ending
  /// In the order of the names.
  package var sites: [Site]
  /// What happened in the run since the server was started, the latest first.
  package var events: [ServerEvent]

  /// A participant of the run.
  package struct Site: Hashable, Sendable {
    package var participant: ParticipantID
    package var isConnected: Bool
    /// Seconds since 1970; nil when it was never here.
    package var seen: Int?
    /// Exchanges to which it gave an answer; nil where they are not counted.
    package var answers: Int?
    /// What was not taken from it, by reason.
    package var refusals: [String: Int]
    /// Its own figures, from the last evaluation that is known; nil where they are not let out.
    package var evaluation: Evaluation?

    package init(
      _ participant: ParticipantID, isConnected: Bool, seen: Int?, answers: Int?,
      refusals: [String: Int] = [:], evaluation: Evaluation? = nil
    ) {
      self.participant = participant
      self.isConnected = isConnected
      self.seen = seen
      self.answers = answers
      self.refusals = refusals
      self.evaluation = evaluation
    }
  }

  package init(
    row: RunRow, evaluation: EvaluationPlan, privacy: PrivacyPlan? = nil, name: String,
    rounds: [RunRecord.Round], ending: RunRecord.Ending, sites: [Site], events: [ServerEvent]
  ) {
    self.row = row
    self.evaluation = evaluation
    self.privacy = privacy
    self.name = name
    self.rounds = rounds
    self.ending = ending
    self.sites = sites
    self.events = events
  }
}

/// A participant of the federation.
package struct ParticipantRow: Hashable, Sendable {
  package var name: String
  package var isConnected: Bool
  /// Whether every certificate of it was revoked.
  package var isRevoked: Bool
  /// Seconds since 1970; nil when it was never here.
  package var seen: Int?
  /// Name and version of its program, as it says.
  package var software: String?
  /// Seconds since 1970 at which its certificate ends.
  package var notAfter: Int
  /// What was not taken from it, by reason.
  package var refusals: [String: Int]

  package init(
    name: String, isConnected: Bool, isRevoked: Bool = false, seen: Int?, software: String?, notAfter: Int,
    refusals: [String: Int] = [:]
  ) {
    self.name = name
    self.isConnected = isConnected
    self.isRevoked = isRevoked
    self.seen = seen
    self.software = software
    self.notAfter = notAfter
    self.refusals = refusals
  }
}

/// A page of the audit log, the latest first.
package struct AuditPage: Sendable {
  package struct Line: Hashable, Sendable {
    package var number: Int
    /// Seconds since 1970.
    package var time: Int
    package var actor: String
    package var action: String
    package var subject: String

    package init(number: Int, time: Int, actor: String, action: String, subject: String) {
      self.number = number
      self.time = time
      self.actor = actor
      self.action = action
      self.subject = subject
    }
  }

  package var lines: [Line]
  /// Where the next page begins: entries before that number; nil on the last page.
  package var next: Int?
  /// The first entry that does not follow from the one before; nil when all do.
  package var firstBroken: Int?

  package init(lines: [Line], next: Int?, firstBroken: Int?) {
    self.lines = lines
    self.next = next
    self.firstBroken = firstBroken
  }
}

/// Figures of the server, for those that are collected over time.
package struct ServerFigures: Sendable {
  package var runs: [RunStatus: Int] = [:]
  /// The last round of each run that goes on.
  package var rounds: [RunID: Int] = [:]
  package var connected = 0
  package var enrolled = 0
  /// What was not taken, by reason; every reason there is.
  package var refusals: [String: Int] = [:]
  /// Since the server was started.
  package var committedRounds = 0
  package var bytesUp = 0
  package var bytesDown = 0
  package var exchanges = Histogram.exchanges
  /// How long answers were coming in, in seconds: the time of several at once counts once.
  package var receivingSeconds = 0.0

  package init() {}
}
