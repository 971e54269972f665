import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy

/// Reads a participant's row off its update: what a server sees that is sent the change of a model which one row was trained on.
///
/// A fully connected first layer has the gradient x·dᵀ and its bias d, so that each column of the change of its weights, by the
/// change of the bias, is the row x itself, whatever d is, and however many steps of plain descent were taken on it (J. Geiping,
/// H. Bauermeister, H. Dröge & M. Moeller, "Inverting gradients", NeurIPS 2020, arXiv:2003.14053, Proposition 3.1). The class is
/// the only one whose bias of the last layer goes up (B. Zhao, K. R. Mopuri & H. Bilen, "iDLG", 2020, arXiv:2001.02610).
///
/// A trial takes one participant with a single row, as the worst that a batch can be, and everything else as the task has it. The
/// reconstruction is compared with that row, and with a decoy: another row that was not there. Chance is to be as near to one
/// as to the other.
public struct GradientInversion: Sendable {
  /// Rows that are tried.
  public var trials: Int
  /// The probability with which the bound of ``Outcome/isAboveChance`` holds.
  public var confidence: Double

  /// - Parameters:
  ///   - trials: rows that are tried.
  ///   - confidence: with which it is told that reconstruction is better than chance.
  public init(trials: Int = 40, confidence: Double = 0.95) {
    self.trials = trials
    self.confidence = confidence
  }

  /// What came of it.
  public struct Outcome: Hashable, Sendable {
    /// Rows that were tried.
    public let trials: Int
    /// Reconstructions whose cosine with the row is above 0.99: the row is known. Nil where the first layer is not fully
    /// connected.
    public let recovered: Int?
    /// Mean cosine of the reconstruction with the row; nil as above.
    public let similarity: Double?
    /// Mean cosine of the reconstruction with the decoy; nil as above.
    public let chance: Double?
    /// Reconstructions that are nearer to the row than to the decoy; nil as above.
    public let nearer: Int?
    /// Trials whose class was told; nil where rows have no classes.
    public let labels: Int?
    /// What always naming the most frequent class would tell; nil as above.
    public let labelsByChance: Int?
    /// Whether more reconstructions are nearer to the row than chance explains.
    public let isAboveChance: Bool
  }

  /// Carries the attack out.
  ///
  /// - Throws: what a training throws.
  public func callAsFunction(on audited: AuditedTask) throws -> Outcome {
    let rows = audited.someRows(2 * trials)
    let pairs = (0..<rows.count / 2).map { (rows[2 * $0], rows[2 * $0 + 1]) }
    let inverter = UpdateInverter(audited.architecture)
    var (near, far): ([Double], [Double]) = ([], [])
    var named: [Int: Int] = [:]
    var labels = 0
    for (trial, (row, decoy)) in pairs.enumerated() {
      audited.options.progress("inversion", trial, pairs.count)
      let update = try audited.update(on: row, number: 2_000_000 + trial)
      if let found = inverter.reconstruction(from: update) {
        near.append(cosine(found, row.features))
        far.append(cosine(found, decoy.features))
      }
      if case .classes(let classes, _) = row.targets {
        named[Int(classes[0]), default: 0] += 1
        if inverter.label(from: update) == Int(classes[0]) { labels += 1 }
      }
    }
    audited.options.progress("inversion", pairs.count, pairs.count)
    let nearer = zip(near, far).count { $0 > $1 }
    let hasRows = !near.isEmpty
    func mean(_ values: [Double]) -> Double? {
      hasRows ? values.reduce(0, +) / Double(values.count) : nil
    }
    return Outcome(
      trials: pairs.count, recovered: hasRows ? near.count { $0 > 0.99 } : nil, similarity: mean(near),
      chance: mean(far), nearer: hasRows ? nearer : nil, labels: named.isEmpty ? nil : labels,
      labelsByChance: named.values.max(),
      isAboveChance: hasRows
        && ClopperPearson.lower(hits: nearer, of: near.count, confidence: confidence) > 0.5)
  }
}

/// Finds row and class in an update.
struct UpdateInverter {
  private let first: (weights: ParameterLayout.Tensor, bias: ParameterLayout.Tensor)?
  private let last: ParameterLayout.Tensor?

  init(_ architecture: ModelArchitecture) {
    let tensors = architecture.model.layout.tensors
    if case .dense? = architecture.stages.first, tensors.count >= 2 {
      first = (tensors[0], tensors[1])
    } else {
      first = nil
    }
    // Of one's own models nothing is known.
    last = architecture.stages.isEmpty || architecture.classes == nil ? nil : tensors.last
  }

  /// The row, by the unit whose bias changed most; nil where no layer gives it.
  func reconstruction(from update: [Float]) -> [Float]? {
    guard let (weights, bias) = first else { return nil }
    let changes = update[bias.range]
    guard let unit = changes.indices.max(by: { changes[$0].magnitude < changes[$1].magnitude }) else {
      return nil
    }
    let (units, place, divisor) = (bias.count, unit - bias.offset, changes[unit])
    guard divisor != 0 else { return [Float](repeating: 0, count: weights.count / units) }
    return (0..<weights.count / units).map { update[weights.offset + $0 * units + place] / divisor }
  }

  /// The class; nil where the model has none.
  func label(from update: [Float]) -> Int? {
    guard let last else { return nil }
    let changes = update[last.range]
    // One output is the evidence for class 1.
    if changes.count == 1 { return changes[changes.startIndex] > 0 ? 1 : 0 }
    return changes.indices.max { changes[$0] < changes[$1] }.map { $0 - last.offset }
  }
}

/// The cosine of the angle between two vectors; 0 where one has no length.
func cosine(_ one: [Float], _ other: [Float]) -> Double {
  var (product, squares) = (0.0, (0.0, 0.0))
  for (a, b) in zip(one, other) {
    product += Double(a) * Double(b)
    squares.0 += Double(a) * Double(a)
    squares.1 += Double(b) * Double(b)
  }
  let length = (squares.0 * squares.1).squareRoot()
  return length > 0 && length.isFinite ? product / length : 0
}

extension AuditedTask {
  /// Some rows of all participants, by chance, each by itself.
  func someRows(_ count: Int) -> [Dataset] {
    var all = participants.flatMap { participant in
      (rows[participant].map { 0..<$0.count } ?? 0..<0).map { (participant, $0) }
    }
    var coins = RandomStream(seed: options.seed, purpose: .audit, round: -1_000_000)
    coins.shuffle(&all)
    return all.prefix(count).compactMap { participant, row in rows[participant]?.examples(at: [row]) }
  }

  /// What leaves a participant that has one row, in the first round.
  func update(on row: Dataset, number: Int) throws -> [Float] {
    let victim = participants[0]
    let observation = Observation(of: [victim], protection: try task.clipping)
    // Everyone else has no rows: what the server is sent of the victim depends on nobody else.
    var population = rows.mapValues { $0.examples(at: []) }
    population[victim] = row
    var changes = [
      "federation.rounds=1", "evaluation.every=1", "federation.cohort=1.0", "federation.quorum=1.0",
      "federation.mode=",
    ]
    // One row has all the noise of many: such an update may be too large to be sent, but nobody promises that it is.
    if task.protection.clip == nil { changes += ["protection.weight-cap=1", "protection.range=1e8"] }
    _ = try train(population, number: number, changes: changes, observation: observation)
    return observation.updates(of: victim)[0] ?? []
  }
}
