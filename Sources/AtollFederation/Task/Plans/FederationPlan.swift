/// Who takes part, how often, and how updates become a model.
public struct FederationPlan: Hashable, Sendable {
  /// Where the first global model comes from.
  public enum Initial: Hashable, Codable, Sendable {
    /// Drawn by the server from the seed.
    case server
    /// The average of the participants' own initial models.
    case participants
    /// A saved model, in safetensors.
    case file(String)
  }

  /// When an exchange is over.
  public enum Mode: Hashable, Codable, Sendable {
    /// When the cohort has answered, or at the deadline with the quorum.
    case synchronous
    /// Whenever `size` updates are in, whoever sent them; those that started more than `maximumStaleness`
    /// models ago are dropped (FedBuff: Nguyen et al. 2022).
    case buffered(size: Int, maximumStaleness: Int)
  }

  /// How updates become the next model.
  public var strategy: StrategyKind = .fedAvg(weights: .rows)
  /// Rounds of training.
  public var rounds: Int = 20
  /// How many of the participants are asked in a round.
  public var cohort: Cohort = .fraction(1)
  /// How many of those asked must answer.
  public var quorum: Share = .fraction(0.67)
  /// How long a round waits, in whole seconds.
  public var deadline: Duration = .seconds(600)
  /// The names of those who may take part; nil: everyone.
  public var participants: [String]?
  /// Decides every public coin: the same seed, data and task give the same bytes.
  public var seed: UInt64 = 7
  /// Where the first model comes from.
  public var initial: Initial = .server
  /// Whether a round waits for its cohort.
  public var mode: Mode = .synchronous

  /// What holds where a task says nothing.
  public init() {}
}

/// Who is asked in a round.
public enum Cohort: Hashable, Codable, Sendable {
  /// A part of the participants, in (0, 1].
  case fraction(Double)
  /// So many, at least 2.
  case count(Int)
  /// Each participant with this probability, in (0, 1), by a secret coin of its own: privacy is amplified by it.
  case poisson(Double)

  /// The part or the number; nil where secret coins draw.
  var share: Share? {
    switch self {
    case .fraction(let part): .fraction(part)
    case .count(let number): .count(number)
    case .poisson: nil
    }
  }

  /// How many of `total` are asked, as ``Share/count(of:)`` has it; where that is secret, how many are expected, rounded.
  public func count(of total: Int) -> Int {
    switch self {
    case .fraction(let part): Share.fraction(part).count(of: total)
    case .count(let number): Share.count(number).count(of: total)
    case .poisson(let rate): Int((rate * Double(total)).rounded())
    }
  }
}

/// A part of a group: a fraction of it, or a number of its members.
public enum Share: Hashable, Codable, Sendable {
  /// In (0, 1].
  case fraction(Double)
  /// At least 2.
  case count(Int)

  /// How many of `total`: fractions are rounded to the nearest number, half up, and are at least 1. Never
  /// more than `total`.
  public func count(of total: Int) -> Int {
    switch self {
    case .fraction(let part):
      min(total, max(1, Int((part * Double(total)).rounded(.toNearestOrAwayFromZero))))
    case .count(let number): min(total, number)
    }
  }

  /// How many of `total` are asked where participants take turns: fractions are rounded down, and are at least 1.
  public func roundedDown(of total: Int) -> Int {
    switch self {
    case .fraction(let part): min(total, max(1, Int(part * Double(total))))
    case .count: count(of: total)
    }
  }

  /// How many rounds apart the turns of a participant are at the least, where so many of `total` are asked in each round, one
  /// after the other.
  func separation(of total: Int) -> Int { total / max(1, roundedDown(of: total)) }
}
