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
/// 2023, arXiv:2302.07956); and by how much its loss at the last model is less. The attacker knows all other rows: of rows, it
/// makes each update anew without canaries, at the model of the round, and looks at what is left of the true one, round by
/// round as much as the gradient is long; of participants, it takes both scores also less what they are in a training without
/// canaries.
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

  /// Carries the attack out.
  ///
  /// - Throws: what a training throws.
  public func callAsFunction(on audited: AuditedTask) throws -> Outcome {
    let unit = audited.promise?.unit ?? .record
    let bench = CanaryBench(audited, unit: unit, canaries: canaries)
    var included: [Bool] = []
    var scores = [[Double]](repeating: [], count: bench.scores.count)
    for run in 0..<runs {
      audited.options.progress("canaries", run, runs)
      var coins = RandomStream(seed: audited.options.seed, purpose: .audit, round: run + 1)
      let isIn = bench.canaries.map { _ in coins.next() >> 63 == 1 }
      included += isIn
      for (score, values) in try bench.see(isIn, number: run).enumerated() {
        scores[score] += values.map { $0.isNaN ? -.infinity : $0 }
      }
    }
    audited.options.progress("canaries", runs, runs)
    let finding = CanaryAudit(included: included).finding(
      scores: scores, delta: audited.delta(delta), confidence: confidence)
    return Outcome(
      finding: finding, unit: unit, canaries: bench.canaries.count, runs: runs,
      score: bench.scores[finding.score], isExact: bench.isExact)
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

  /// What speaks for a canary.
  var scores: [String] {
    let own = ["updates along its gradient", "its loss"]
    return switch unit {
    case .record: own + ["updates along its gradient, beyond what other rows explain"]
    case .participant: own + own.map { $0 + ", beside a training without canaries" }
    }
  }

  /// Trains with some canaries, and gives each of ``scores`` for each canary.
  func see(_ isIn: [Bool], number: Int) throws -> [[Double]] {
    let nobody = isIn.map { _ in false }
    switch unit {
    case .record:
      // With noise, the mean of a few adds a quarter to the variance.
      let observation = Observation(
        of: Set(audited.participants), protection: try audited.task.clipping, knowing: population(nobody),
        repetitions: audited.task.privacy == nil ? 1 : 4)
      let last = try audited.train(population(isIn), number: number, observation: observation)
      let (along, beyond) = rows(in: observation)
      return [along, gains(at: last), beyond]
    case .participant:
      let seen = try participants(isIn, number: number)
      // The same public coins, so that only the canaries make a difference to what has no noise.
      let without = try participants(nobody, number: number, repetition: 1)
      return seen + zip(seen, without).map { zip($0, $1).map { $0 - $1 } }
    }
  }

  /// What the updates of all rounds say of rows: as they are, and beyond what is expected without canaries.
  private func rows(in observation: Observation) -> (along: [Double], beyond: [Double]) {
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    let clippingNorm = audited.task.training.privacy?.clippingNorm ?? .infinity
    let updates = audited.participants.map { ($0, observation.updates(of: $0)) }
    let seen = Dictionary(uniqueKeysWithValues: updates)
    let expected = audited.participants.map { ($0, observation.expectedUpdates(of: $0)) }
    let known = Dictionary(uniqueKeysWithValues: expected)
    var along = [Double](repeating: 0, count: canaries.count)
    var matched = along
    var possible = along
    for (round, model) in observation.models {
      for (index, canary) in canaries.enumerated() {
        guard let update = seen[canary.owner]?[round] else { continue }
        let gradient = probe.gradient(of: canary.row, at: model)
        let step = progress(update, against: gradient)
        along[index] += step
        let others = progress(known[canary.owner]?[round] ?? [], against: gradient)
        // A round in which the row has hardly any gradient says hardly anything.
        let most = min(clippingNorm, norm(gradient))
        matched[index] += (step - others) * most
        possible[index] += most * most
      }
    }
    return (along, compared(matched, possible))
  }

  /// What is left of updates, beside half of what a row would leave that is in, in units that are the same for all owners: how
  /// much an owner's rows leave depends on how many it has.
  ///
  /// About half of an owner's canaries are in, so that the mean of what is left is half of what one leaves; from a few nothing can
  /// be told, and they are taken as they are.
  private func compared(_ matched: [Double], _ possible: [Double]) -> [Double] {
    var compared = matched
    for places in Dictionary(grouping: canaries.indices, by: { canaries[$0].owner }).values {
      let most = places.reduce(0) { $0 + possible[$1] }
      guard places.count >= 8, most > 0 else { continue }
      let half = places.reduce(0) { $0 + matched[$1] } / most
      for place in places { compared[place] -= half * possible[place] }
      let spread = norm(places.map { Float(compared[$0]) }) / Double(places.count).squareRoot()
      for place in places where spread > 0 { compared[place] /= spread }
    }
    return compared
  }

  /// What the global models say of participants: how far they go the way that the rows want, and the last one's losses.
  private func participants(_ isIn: [Bool], number: Int, repetition: Int = 0) throws -> [[Double]] {
    let observation = Observation()
    let last = try audited.train(
      population(isIn), number: number, repetition: repetition, observation: observation)
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    let models = observation.models.map { $0.model }
    var along = [Double](repeating: 0, count: canaries.count)
    for (model, next) in zip(models, models.dropFirst() + [last]) {
      let change = zip(next.values, model.values).map { $0 - $1 }
      for (index, canary) in canaries.enumerated() {
        along[index] += progress(change, against: probe.gradient(of: canary.row, at: model))
      }
    }
    return [along, gains(at: last)]
  }

  /// The less the loss, the more likely is it that a row was in.
  private func gains(at model: ParameterSet) -> [Double] {
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    return canaries.map { -probe.losses(of: $0.row, at: model)[0] }
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
