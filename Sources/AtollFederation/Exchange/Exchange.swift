/// One request to a cohort and its protected answer: the primitive that everything is made of.
public struct Exchange: Sendable {
  /// What is asked.
  public var query: any Query
  /// Who is asked.
  public var audience: Audience
  /// When it is over.
  public var completion: Completion
  /// What happens to answers before they leave.
  public var protection: UpdateProtection
  /// What it gives away of those who are asked; nil where nothing is promised of that.
  public var charge: PrivacyCharge?
  /// Sealed messages that reach their recipients with the question.
  public var inbox: [SealedMessage]

  public init(
    _ query: any Query, to audience: Audience = .all, completion: Completion = Completion(),
    protection: UpdateProtection = .none, charge: PrivacyCharge? = nil, inbox: [SealedMessage] = []
  ) {
    self.query = query
    self.audience = audience
    self.completion = completion
    self.protection = protection
    self.charge = charge
    self.inbox = inbox
  }
}

/// Who is asked.
public enum Audience: Hashable, Codable, Sendable {
  /// Everyone of the population.
  case all
  /// A fraction of the population, rounded, at least one; drawn anew for each exchange from public coins.
  case sample(fraction: Double)
  /// So many of the population (all, when there are fewer).
  case count(Int)
  /// Each of the population with this probability, by a secret coin of its own: who is asked is never told. Nobody may be.
  case poisson(rate: Double)
  /// So many of the population, a fraction rounded down: the next ones in each round, in a fixed order that public coins have
  /// drawn, and from the first again behind the last. Who is asked in a round follows from its number (from 0) alone.
  case turn(Share, round: Int)
  /// These participants.
  case named([ParticipantID])

  /// The same in another round, where that makes a difference.
  func inRound(_ round: Int) -> Audience {
    if case .turn(let share, _) = self { .turn(share, round: round) } else { self }
  }

  /// How many of a population are asked; where that is secret, how many are expected, rounded.
  public func size(of population: Int) -> Int {
    switch self {
    case .all: population
    case .poisson(let rate): Int((rate * Double(population)).rounded())
    case .sample(let fraction): min(population, max(1, Int((fraction * Double(population)).rounded())))
    case .count(let count): min(population, count)
    case .turn(let share, _): share.roundedDown(of: population)
    case .named(let names): names.count
    }
  }

  /// Whether who is asked is a secret of the server.
  public var isSecret: Bool { if case .poisson = self { true } else { false } }
}

/// When an exchange is complete.
public struct Completion: Hashable, Codable, Sendable {
  /// The share of the cohort that must have answered at the deadline: 1 means all.
  public var quorum: Double
  /// How long answers are waited for.
  public var deadline: Duration
  /// Asynchronous work, when set.
  public var buffer: Buffer?

  /// Buffered asynchronous aggregation (Nguyen et al. 2022, "FedBuff"): an exchange closes as soon as `size` answers
  /// are in; those who still compute go on, and their answers count in a later exchange with a buffer, up to
  /// `maxStaleness` of them after the one that asked.
  public struct Buffer: Hashable, Codable, Sendable {
    /// Answers that close an exchange.
    public var size: Int
    /// How many exchanges old an answer may be.
    public var maxStaleness: Int

    public init(size: Int, maxStaleness: Int) {
      self.size = size
      self.maxStaleness = maxStaleness
    }
  }

  /// - Precondition: `0 < quorum <= 1` and the deadline is positive.
  public init(quorum: Double = 1, deadline: Duration = .seconds(600), buffer: Buffer? = nil) {
    precondition(quorum > 0 && quorum <= 1 && deadline > .zero, "a quorum is a share, a deadline lies ahead")
    self.quorum = quorum
    self.deadline = deadline
    self.buffer = buffer
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    quorum = try container.decode(Double.self, forKey: .quorum)
    deadline = try container.decode(Duration.self, forKey: .deadline)
    buffer = try container.decodeIfPresent(Buffer.self, forKey: .buffer)
    guard quorum > 0, quorum <= 1, deadline > .zero else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath, debugDescription: "a quorum is a share, a deadline lies ahead"))
    }
  }

  /// Answers that a cohort of this size must give.
  public func required(of cohort: Int) -> Int {
    // ⌈quorum · cohort⌉ without the rounding error of 0.1 · 30.
    max(1, Int((quorum * Double(cohort) - 1e-9).rounded(.up)))
  }
}
