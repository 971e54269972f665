/// One question as it reaches a participant, with what the participant is told about it.
public struct Instruction: Sendable {
  /// Number of the exchange in its run, from 0.
  public var exchange: Int
  /// What is asked.
  public var query: any Query
  /// What is to happen to the answer before it leaves.
  public var protection: UpdateProtection
  /// Answers that the exchange waits for at the least.
  public var required: Int

  /// - Parameters:
  ///   - exchange: number of the exchange in its run, from 0.
  ///   - query: what is asked.
  ///   - protection: what is to happen to the answer before it leaves.
  ///   - required: answers that the exchange waits for at the least.
  public init(exchange: Int, query: any Query, protection: UpdateProtection, required: Int) {
    self.exchange = exchange
    self.query = query
    self.protection = protection
    self.required = required
  }

  /// What a participant of a population is told.
  ///
  /// - Parameters:
  ///   - exchange: what the program asks for.
  ///   - number: number of the exchange in its run, from 0.
  ///   - population: participants of the run.
  public init(_ exchange: Exchange, number: Int, population: Int) {
    let cohort = exchange.audience.size(of: population)
    self.init(
      exchange: number, query: exchange.query, protection: exchange.protection,
      required: exchange.completion.buffer.map { min($0.size, cohort) }
        ?? exchange.completion.required(of: cohort))
  }
}

/// What a participant has given so far, which its policy limits. Kept by the participant, across runs.
public struct Spending: Hashable, Codable, Sendable {
  /// Of one run, or of all.
  public struct Amount: Hashable, Codable, Sendable {
    /// Rounds trained.
    public var rounds: Int
    /// Questions answered.
    public var exchanges: Int
    /// Bytes of answers.
    public var bytes: Int

    public init(rounds: Int = 0, exchanges: Int = 0, bytes: Int = 0) {
      self.rounds = rounds
      self.exchanges = exchanges
      self.bytes = bytes
    }

    static func + (left: Self, right: Self) -> Self {
      Self(
        rounds: left.rounds + right.rounds, exchanges: left.exchanges + right.exchanges,
        bytes: left.bytes + right.bytes)
    }
  }

  /// Of all runs together.
  public private(set) var all = Amount()
  /// By the run's name.
  public private(set) var runs: [String: Amount] = [:]

  /// Nothing given yet.
  public init() {}

  /// What was given to a run.
  public subscript(run: String) -> Amount { runs[run] ?? Amount() }

  /// Adds what an answer takes: once for each question, however often its answer is offered.
  public mutating func add(_ amount: Amount, to run: String) {
    runs[run] = self[run] + amount
    all = all + amount
  }
}
