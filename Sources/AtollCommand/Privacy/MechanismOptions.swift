import ArgumentParser
import AtollPrivacy

/// What a command line says of a mechanism, its sampling and its repetition.
struct MechanismOptions: ParsableArguments {
  /// The kinds of noise that can be named; whatever else there is goes into a file of events.
  enum Mechanism: String, ExpressibleByArgument, CaseIterable {
    case gaussian
    case laplace
    case discreteGaussian = "discrete-gaussian"
    case discreteLaplace = "discrete-laplace"
    case skellam
    case tree
    case randomizedResponse = "randomized-response"

    /// Under what the mechanism is usually stated.
    var relation: NeighboringRelation {
      switch self {
      case .tree: .zeroOut
      case .randomizedResponse: .replaceOne
      default: .addOrRemoveOne
      }
    }
  }

  /// Relations by the names that the command line uses.
  enum Relation: String, ExpressibleByArgument, CaseIterable {
    case addOrRemoveOne = "add-or-remove-one"
    case replaceOne = "replace-one"
    case zeroOut = "zero-out"

    var value: NeighboringRelation {
      switch self {
      case .addOrRemoveOne: .addOrRemoveOne
      case .replaceOne: .replaceOne
      case .zeroOut: .zeroOut
      }
    }
  }

  /// Units by the names that the command line uses.
  enum Unit: String, ExpressibleByArgument, CaseIterable {
    case record, participant

    var value: PrivacyUnit { self == .record ? .record : .participant }
  }

  /// Accountants by the names that the command line uses.
  enum Accountant: String, ExpressibleByArgument, CaseIterable {
    case tightest, pld, rdp, zcdp, gaussian, pure

    // Safe because the names are the same.
    var method: PrivacyAccounting.Method { PrivacyAccounting.Method(rawValue: rawValue)! }
  }

  @Option(help: "What adds the noise.")
  var mechanism = Mechanism.gaussian

  @Option(help: "The share of the units that each step samples, each by its own coin.")
  var samplingRate: Double?

  @Option(help: "Units of which each step takes a sample of fixed size.")
  var sourceSize: Int?

  @Option(help: "That size.")
  var sampleSize: Int?

  @Option(help: "How often it happens; for trees, the leaves of one tree.")
  var steps = 1

  @Option(help: "How often a tree is built, with each unit once in it.")
  var epochs = 1

  @Option(
    help: "How much one unit changes a whole number (discrete mechanisms), or a vector in L2 norm (skellam).")
  var sensitivity = 1

  @Option(help: "How much one unit changes a vector in L1 norm (skellam).")
  var l1Sensitivity: Int?

  @Option(help: "How many answers there are (randomized-response).")
  var categories: Int?

  @Option(help: "Which data sets are told apart: add-or-remove-one, replace-one or zero-out.")
  var relation: Relation?

  @Option(help: "Whose data are protected: record or participant.")
  var unit = Unit.record

  @Option(help: "What proves it: pld, rdp, zcdp, gaussian, pure, or tightest, which asks all of them.")
  var accountant = Accountant.tightest

  func validate() throws {
    guard (sourceSize == nil) == (sampleSize == nil) else {
      throw ValidationError("--source-size and --sample-size go together")
    }
    guard samplingRate == nil || sourceSize == nil else {
      throw ValidationError("a step samples by --sampling-rate or by --sample-size, not by both")
    }
    guard (categories != nil) == (mechanism == .randomizedResponse) else {
      throw ValidationError("--categories belongs to randomized-response, which needs it")
    }
    guard epochs == 1 || mechanism == .tree else { throw ValidationError("--epochs belongs to tree") }
    guard l1Sensitivity == nil || mechanism == .skellam else {
      throw ValidationError("--l1-sensitivity belongs to skellam")
    }
    let hasSensitivity: Set<Mechanism> = [.discreteGaussian, .discreteLaplace, .skellam]
    guard sensitivity == 1 || hasSensitivity.contains(mechanism) else {
      throw ValidationError(
        "--sensitivity belongs to mechanisms on whole numbers: other noise is told relative to it")
    }
  }

  /// Which data sets are told apart.
  var neighbours: NeighboringRelation {
    if let relation { return relation.value }
    return sourceSize == nil ? mechanism.relation : .replaceOne
  }

  /// What happens with that much noise, all steps of it.
  ///
  /// - Throws: `PrivacyError` naming the parameter that is out of its range.
  func event(noise: Double) throws(PrivacyError) -> PrivacyEvent {
    if mechanism == .tree {
      let tree = try PrivacyEvent(.treeAggregation(noiseMultiplier: noise, steps: [steps]))
      return epochs == 1 ? tree : try PrivacyEvent(.repeated(tree, times: epochs))
    }
    var event = try PrivacyEvent(kind(noise: noise))
    if let samplingRate {
      event = try PrivacyEvent(.poissonSampled(rate: samplingRate, event))
    } else if let sourceSize, let sampleSize {
      event = try PrivacyEvent(.fixedSizeSampled(sourceSize: sourceSize, sampleSize: sampleSize, event))
    }
    return steps == 1 ? event : try PrivacyEvent(.repeated(event, times: steps))
  }

  private func kind(noise: Double) throws(PrivacyError) -> PrivacyEvent.Kind {
    let change = Double(sensitivity)
    switch mechanism {
    case .gaussian, .tree: return .gaussian(noiseMultiplier: noise)
    case .laplace: return .laplace(scale: noise)
    case .discreteGaussian: return .discreteGaussian(sigma: noise * change, sensitivity: sensitivity)
    case .discreteLaplace: return .discreteLaplace(lambda: 1 / (noise * change), sensitivity: sensitivity)
    case .skellam:
      return .skellam(
        variance: noise * noise * change * change, l1Sensitivity: Double(l1Sensitivity ?? sensitivity),
        l2Sensitivity: change)
    // Safe because validation asks for it.
    case .randomizedResponse: return .randomizedResponse(noise: noise, categories: categories!)
    }
  }
}
