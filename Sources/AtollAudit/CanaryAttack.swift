import AtollFederation
import AtollLearning
import AtollNumerics
public import AtollPrivacy
import AtollTraining

/// The audit by one run (`OneRunAudit`), for the unit of the task: rows, or participants.
///
/// **Rows.** Canaries are dealt out among the participants; fair coins decide which are in. The attacker is the server: it sees
/// what each participant sends in each round. Where records are protected a canary that is not in keeps its place and
/// contributes nothing (`NeighboringRelation.zeroOut`), as their number counts as known; else it is left out.
///
/// **Participants.** Each canary is a participant whose rows are copies of one; who is not in has no rows. The attacker sees the
/// global models, which is what the noise covers.
///
/// **Scores.** For each canary: how far the updates of all rounds go the way that its gradient wants, at the models of the
/// rounds (M. Nasr, J. Hayes, T. Steinke et al., "Tight auditing of differentially private machine learning", USENIX Security
/// 2023, arXiv:2302.07956); and by how much its loss at the last model is less. Both also less what they are in a training
/// without canaries, which the attacker can make by itself as it knows all other rows.
public struct CanaryAttack: Sendable {
  /// Canaries of one training; nil takes as many as there are inputs for each participant, 128 at most.
  public var canaries: Int?
  /// Trainings whose canaries count together.
  public var runs: Int
  /// The probability with which the bound holds.
  public var confidence: Double
  /// The δ at which ε is told where nothing is promised.
  public var delta: Double?

  /// - Parameters:
  ///   - canaries: of one training; nil for as many as there are inputs for each participant, 128 at most.
  ///   - runs: trainings whose canaries count together.
  ///   - confidence: the probability with which the bound holds.
  ///   - delta: at which ε is told where nothing is promised.
  public init(canaries: Int? = nil, runs: Int = 2, confidence: Double = 0.95, delta: Double? = nil) {
    self.canaries = canaries
    self.runs = runs
    self.confidence = confidence
    self.delta = delta
  }

  /// What came of it.
  public struct Outcome: Hashable, Sendable {
    /// The guesses that say most, and the bound.
    public let finding: CanaryAudit.Finding
    /// Whose data a canary stands for.
    public let unit: PrivacyUnit
    /// Canaries of one training.
    public let canaries: Int
    /// Trainings with canaries.
    public let runs: Int
    /// What the guesses went by.
    public let score: String
    /// Whether canaries that were not in contributed nothing and kept their places; else they were left out, which changes a
    /// number of rows that the promise takes for known.
    public let isExact: Bool
  }

  private static let scores = [
    "updates along its gradient", "its loss",
    "updates along its gradient, beside a training without canaries",
    "its loss, beside a training without canaries",
  ]

  /// Carries the attack out.
  ///
  /// - Throws: what a training throws.
  public func callAsFunction(on audited: AuditedTask) throws -> Outcome {
    let unit = audited.promise?.unit ?? .record
    let bench = CanaryBench(audited, unit: unit, canaries: canaries)
    let total = 2 * runs
    var included: [Bool] = []
    var scores = [[Double]](repeating: [], count: Self.scores.count)
    for run in 0..<runs {
      audited.options.progress("canaries", 2 * run, total)
      var coins = RandomStream(seed: audited.options.seed, purpose: .audit, round: run + 1)
      let isIn = bench.canaries.map { _ in coins.next() >> 63 == 1 }
      let seen = try bench.see(isIn, number: run)
      audited.options.progress("canaries", 2 * run + 1, total)
      // The same public coins, so that only the canaries make a difference to what has no noise.
      let without = try bench.see(isIn.map { _ in false }, number: run, repetition: 1)
      included += isIn
      for index in isIn.indices {
        scores[0].append(seen.along[index])
        scores[1].append(-seen.losses[index])
        scores[2].append(seen.along[index] - without.along[index])
        scores[3].append(without.losses[index] - seen.losses[index])
      }
    }
    audited.options.progress("canaries", total, total)
    let finding = CanaryAudit(included: included).finding(
      scores: scores.map { $0.map { $0.isNaN ? -.infinity : $0 } }, delta: audited.delta(delta),
      confidence: confidence)
    return Outcome(
      finding: finding, unit: unit, canaries: bench.canaries.count, runs: runs,
      score: Self.scores[finding.score], isExact: bench.isExact)
  }
}

/// The canaries of an attack, and the trainings with them.
private struct CanaryBench {
  let audited: AuditedTask
  let unit: PrivacyUnit
  let canaries: [Canary]
  /// Whether those that are not in keep their places and contribute nothing.
  let isExact: Bool

  /// Copies of the canary that a participant has.
  private static let copies = 16

  init(_ audited: AuditedTask, unit: PrivacyUnit, canaries count: Int?) {
    self.audited = audited
    self.unit = unit
    let (owners, inputs) = (audited.participants, audited.architecture.inputCount)
    // A participant by itself may have a direction for itself.
    let usual = unit == .record ? min(128, owners.count * inputs) : min(16, inputs)
    var coins = RandomStream(seed: audited.options.seed, purpose: .audit)
    var order = Array(0..<inputs)
    coins.shuffle(&order)
    let made = (0..<(count ?? usual)).map { number -> Canary in
      let owner =
        // Safe because letters and digits are a lawful name.
        unit == .record ? owners[number % owners.count] : ParticipantID("canary-\(number)")!
      let place = unit == .record ? number / owners.count : number
      return Canary(
        owner, input: order[place % inputs], isPositive: coins.next() >> 63 == 1, like: audited.architecture)
    }
    canaries = made
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    var initial = RandomStream(seed: audited.options.seed, purpose: .initialModel)
    let start = audited.architecture.model.initialParameters(using: &initial)
    isExact =
      switch unit {
      case .participant: true
      case .record:
        audited.task.training.privacy != nil
          && made.allSatisfy { probe.isSilent($0.silenced, at: start) }
      }
  }

  /// What the attacker sees of each canary.
  struct Sight {
    var along: [Double]
    var losses: [Double]
  }

  func see(_ isIn: [Bool], number: Int, repetition: Int = 0) throws -> Sight {
    let observation = Observation(
      of: unit == .record ? Set(audited.participants) : [],
      protection: try audited.task.clipping)
    let last = try audited.train(
      population(isIn), number: number, repetition: repetition, observation: observation)
    let models = observation.models
    let updates = Dictionary(
      uniqueKeysWithValues: audited.participants.map { ($0, observation.updates(of: $0)) })
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    var sight = Sight(along: [Double](repeating: 0, count: canaries.count), losses: [])
    for (place, (round, model)) in models.enumerated() {
      // What a whole round changed, where participants are the unit.
      let next = place + 1 < models.count ? models[place + 1].model : last
      let change = unit == .participant ? zip(next.values, model.values).map { $0 - $1 } : []
      for (index, canary) in canaries.enumerated() {
        let update = unit == .participant ? change : updates[canary.owner]?[round] ?? []
        sight.along[index] += progress(update, against: probe.gradient(of: canary.row, at: model))
      }
    }
    sight.losses = canaries.map { probe.losses(of: $0.row, at: last)[0] }
    return sight
  }

  private func population(_ isIn: [Bool]) -> [ParticipantID: Dataset] {
    var population = audited.rows
    for (canary, isIn) in zip(canaries, isIn) {
      switch unit {
      case .participant:
        let copies = [Int](repeating: 0, count: isIn ? Self.copies : 0)
        population[canary.owner] = canary.row.examples(at: copies)
      case .record:
        guard let row = isIn ? canary.row : isExact ? canary.silenced : nil,
          let own = population[canary.owner]
        else { continue }
        population[canary.owner] = Dataset.concatenating([own, row])
      }
    }
    return population
  }
}
