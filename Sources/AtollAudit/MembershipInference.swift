import AtollFederation
import AtollLearning
import AtollNumerics
import AtollTraining

/// Tells from a model whether a row was among those that it was trained on.
///
/// N. Carlini, S. Chien, M. Nasr, S. Song, A. Terzis & F. Tramèr, "Membership inference attacks from first principles", S&P
/// 2022, arXiv:2112.03570 (LiRA, online): shadow models are trained with each row in or out by a fair coin; what they say of a
/// row, log p/(1 − p) of its class, is taken for normal when it was in and when it was out, and the ratio of the two
/// likelihoods at what the attacked model says is the row's score. As there, spreads are taken over all rows together, because a
/// few shadows do not give those of single rows. Deviations: of other than classes by cross-entropy −log of the loss is taken;
/// without shadows, or for rows that were always in or always out, the score is what the model says less the mean of the
/// shadows, or by itself (the threshold of S. Yeom, I. Giacomelli, M. Fredrikson & S. Jha, CSF 2018, arXiv:1709.01604).
public struct MembershipInference: Sendable {
  /// Models that the attacker trains for itself.
  public var shadows: Int
  /// Trainings that are attacked.
  public var targets: Int
  /// The most rows that are asked about.
  public var rows: Int

  /// - Parameters:
  ///   - shadows: models that the attacker trains for itself; 0 for none.
  ///   - targets: trainings that are attacked, at least 1.
  ///   - rows: the most rows that are asked about.
  public init(shadows: Int = 8, targets: Int = 2, rows: Int = 2000) {
    self.shadows = shadows
    self.targets = targets
    self.rows = rows
  }

  /// What came of it.
  public struct Outcome: Hashable, Sendable {
    /// Area under the curve of true over false positives: ½ is chance.
    public let auc: Double
    /// The share of rows in training that are found when one in a hundred of the others is taken for one.
    public let truePositives: Double
    /// False positives at which ``truePositives`` is told: 0.01.
    public let falsePositives: Double
    /// Models that the attacker trained for itself.
    public let shadows: Int
    /// Rows that were asked about, over all trainings that were attacked.
    public let rows: Int
  }

  /// Carries the attack out.
  ///
  /// - Throws: what a training throws.
  public func callAsFunction(on audited: AuditedTask) throws -> Outcome {
    let bench = MembershipBench(audited, rows: rows)
    var answers: [(said: [Double], isIn: [Bool])] = []
    for number in 0..<shadows + targets {
      audited.options.progress("membership", number, shadows + targets)
      answers.append(try bench.train(number))
    }
    audited.options.progress("membership", shadows + targets, shadows + targets)
    let law = ShadowLaw(Array(answers.prefix(shadows)))
    var scores: [Double] = []
    var truth: [Bool] = []
    for target in answers.suffix(targets) {
      scores += target.said.enumerated().map { law.score(of: $0.element, row: $0.offset) }
      truth += target.isIn
    }
    return Outcome(
      auc: areaUnderCurve(scores, truth), truePositives: truePositiveRate(scores, truth, atMost: 0.01),
      falsePositives: 0.01, shadows: shadows, rows: scores.count)
  }
}

/// The rows that are asked about, and the trainings with half of them.
private struct MembershipBench {
  let audited: AuditedTask
  /// Some of each participant's rows.
  private let chosen: [ParticipantID: [Int]]

  init(_ audited: AuditedTask, rows: Int) {
    self.audited = audited
    let all = audited.rows.values.reduce(0) { $0 + $1.count }
    var coins = RandomStream(seed: audited.options.seed, purpose: .audit, round: -1)
    var chosen: [ParticipantID: [Int]] = [:]
    for participant in audited.participants {
      let count = audited.rows[participant]?.count ?? 0
      let share = all > rows ? count * rows / all : count
      chosen[participant] = coins.sample(share, of: count)
    }
    self.chosen = chosen
  }

  /// Trains with each row that is asked about by a fair coin, and all others, and asks the model about them.
  func train(_ number: Int) throws -> (said: [Double], isIn: [Bool]) {
    var coins = RandomStream(seed: audited.options.seed, purpose: .audit, round: -2 - number)
    var population: [ParticipantID: Dataset] = [:]
    var isIn: [Bool] = []
    for participant in audited.participants {
      guard let rows = audited.rows[participant], let chosen = chosen[participant] else { continue }
      var out: Set<Int> = []
      for row in chosen {
        let stays = coins.next() >> 63 == 1
        isIn.append(stays)
        if !stays { out.insert(row) }
      }
      population[participant] = rows.examples(at: (0..<rows.count).filter { !out.contains($0) })
    }
    let model = try audited.train(population, number: 1_000_000 + number)
    let probe = RowProbe(audited.architecture, audited.task.training.loss)
    var said: [Double] = []
    for participant in audited.participants {
      guard let rows = audited.rows[participant], let chosen = chosen[participant] else { continue }
      said += probe.losses(of: rows.examples(at: chosen), at: model).map(confidence)
    }
    return (said, isIn)
  }

  /// log p/(1 − p) where the loss is −log p; −log of another loss.
  private func confidence(_ loss: Double) -> Double {
    // So that a certain model does not give infinities.
    let loss = min(max(loss, 1e-7), 1e7)
    guard audited.task.training.loss == .crossEntropy else { return -Elementary.log(loss) }
    // log(e^-l/(1 − e^-l)) = −log(e^l − 1).
    return loss > 30 ? -loss : -Elementary.log(Elementary.exp(loss) - 1)
  }
}

/// What shadow models say of rows that were in, and of rows that were not.
struct ShadowLaw {
  /// What models say of one row.
  private struct Sayings {
    var sum = 0.0
    var count = 0

    var mean: Double? { count > 0 ? sum / Double(count) : nil }
  }
  private var present: [Sayings] = []
  private var absent: [Sayings] = []
  /// Around the means of rows, over all rows.
  private var presentVariance = 1.0
  private var absentVariance = 1.0

  /// - Parameter shadows: what each model says of each row, and which were in.
  init(_ shadows: [(said: [Double], isIn: [Bool])]) {
    guard let count = shadows.first?.said.count else { return }
    present = [Sayings](repeating: Sayings(), count: count)
    absent = present
    for shadow in shadows {
      for row in 0..<count {
        if shadow.isIn[row] {
          present[row].sum += shadow.said[row]
          present[row].count += 1
        } else {
          absent[row].sum += shadow.said[row]
          absent[row].count += 1
        }
      }
    }
    presentVariance = Self.variance(shadows, around: present, whereIn: true)
    absentVariance = Self.variance(shadows, around: absent, whereIn: false)
  }

  private static func variance(
    _ shadows: [(said: [Double], isIn: [Bool])], around sayings: [Sayings], whereIn isIn: Bool
  ) -> Double {
    let freedom = sayings.reduce(0) { $0 + max(0, $1.count - 1) }
    guard freedom > 0 else { return 1 }
    var squares = 0.0
    for shadow in shadows {
      for (row, said) in shadow.said.enumerated() where shadow.isIn[row] == isIn {
        let off = said - (sayings[row].mean ?? said)
        squares += off * off
      }
    }
    return max(1e-9, squares / Double(freedom))
  }

  /// More speaks for a row that was in.
  func score(of value: Double, row: Int) -> Double {
    guard !present.isEmpty else { return value }
    switch (present[row].mean, absent[row].mean) {
    case (let present?, let absent?):
      let (on, off) = (value - present, value - absent)
      return off * off / (2 * absentVariance) - on * on / (2 * presentVariance)
        + 0.5 * Elementary.log(absentVariance / presentVariance)
    case (let mean?, nil), (nil, let mean?):
      return (value - mean) / max(presentVariance, absentVariance).squareRoot()
    case (nil, nil): return value
    }
  }
}

/// The probability that a row that was in has a higher score than one that was out; ties count half. ½ where there is no pair.
func areaUnderCurve(_ scores: [Double], _ truth: [Bool]) -> Double {
  let order = scores.indices.sorted { scores[$0] < scores[$1] }
  let positives = truth.count { $0 }
  let negatives = truth.count - positives
  guard positives > 0, negatives > 0 else { return 0.5 }
  // Mann and Whitney's statistic from ranks, mean ones where scores are equal.
  var (sum, start) = (0.0, 0)
  while start < order.count {
    var end = start
    while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
    let rank = Double(start + end + 1) / 2
    sum += rank * Double(order[start..<end].count { truth[$0] })
    start = end
  }
  let least = Double(positives) * Double(positives + 1) / 2
  return (sum - least) / (Double(positives) * Double(negatives))
}

/// The share of rows that were in and lie above a threshold, the lowest that no more than a share of the others lie above.
func truePositiveRate(_ scores: [Double], _ truth: [Bool], atMost rate: Double) -> Double {
  let positives = truth.count { $0 }
  let allowed = Int(rate * Double(truth.count - positives))
  guard positives > 0 else { return 0 }
  var (found, wrong, best) = (0, 0, 0)
  let order = scores.indices.sorted { scores[$0] > scores[$1] }
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
    for row in order[start..<end] { if truth[row] { found += 1 } else { wrong += 1 } }
    guard wrong <= allowed else { break }
    best = found
    start = end
  }
  return Double(best) / Double(positives)
}
