import AtollPrivacy
import Foundation

/// `Tests/Vectors/dp_epsilon.json`: ε of 36 settings and Rényi divergences by Google's dp-accounting 0.6.0, Opacus 1.6.0,
/// prv-accountant 0.2.0, closed forms with 50 digits and quadrature with 30; `fields` and `tolerances` in it say more.
struct AccountingOracle: Decodable {
  struct Value: Decodable {
    let epsilon: Double?
    let epsilonLower: Double?
    let epsilonUpper: Double?
    let epsilonPrivacyBucketsLower: Double?
    let lower: Double?
    let upper: Double?
  }
  struct Expected: Decodable {
    let rdp: Value?
    let rdpExact: Value?
    let rdpFromZcdp: Value?
    let pld: Value?
    let prv: Value?
    let exact: Value?
    let pureComposition: Value?
    let zcdpRho: Double?
    let noiseMultiplierRdp: Double?
    let noiseMultiplierPld: Double?
    let sigmaPerUnitSensitivity: Double?
  }
  /// A number or a list of them.
  struct Counts: Decodable {
    let values: [Int]
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      values = try (try? [container.decode(Int.self)]) ?? container.decode([Int].self)
    }
  }
  struct Part: Decodable {
    let q: Double
    let z: Double
    let steps: Int
  }
  struct Case: Decodable, CustomStringConvertible, Sendable {
    let id: String?
    let mechanism: String
    let q: Double?
    let z: Double?
    let steps: Int?
    let delta: Double?
    let neighboring: String?
    let order: Double?
    let rdpOneStep: Double?
    let bOverSensitivity: Double?
    let lambda: Double?
    let sigma: Double?
    let sensitivity: Int?
    let stepCounts: Counts?
    let epochs: Int?
    let sourceSize: Int?
    let sampleSize: Int?
    let datasetSize: Int?
    let truncatedBatch: Int?
    let parts: [Part]?
    let numBuckets: Int?
    let noiseParameter: Double?
    let targetEpsilon: Double?
    let expected: Expected?
    var description: String { "\(id ?? "") \(mechanism)" }
  }
  struct Split: Decodable {
    let z: Double
    let sigmaB: Double
    let zDelta: Double
  }
  let rdpOrders: [Double]
  let epsilon: [Case]
  let rdpValues: [Case]
  let adaptiveClippingNoiseSplit: [Split]

  static let loaded: AccountingOracle = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Vectors/dp_epsilon.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    // Safe because the file is part of the tests.
    return try! decoder.decode(AccountingOracle.self, from: Data(contentsOf: file))
  }()

  static func named(_ id: String) -> Case {
    // Safe because the file is part of the tests.
    loaded.epsilon.first { $0.id == id }!
  }

  /// Those of ε that are not calibrations.
  static var settings: [Case] { loaded.epsilon.filter { $0.targetEpsilon == nil } }

  /// What the accountant of loss distributions gives for each setting that it has a proof for, computed once.
  static let lossDistributions: [String: PrivacyBounds] = {
    var found: [String: PrivacyBounds] = [:]
    for setting in settings {
      found[setting.id!] = try? LossDistributionAccountant.standard.epsilon(
        of: setting.event, delta: setting.delta!, relation: setting.relation)
    }
    return found
  }()
}

extension AccountingOracle.Case {
  var relation: NeighboringRelation {
    switch neighboring {
    case "REPLACE_ONE": .replaceOne
    case "REPLACE_SPECIAL": .zeroOut
    case nil where mechanism == "fixed_size_without_replacement": .replaceOne
    case nil where mechanism == "tree_aggregation": .zeroOut
    default: .addOrRemoveOne
    }
  }

  /// All steps of the setting.
  var event: PrivacyEvent {
    get throws {
      if let parts {
        return try PrivacyEvent(.composed(parts.map { try sampledGaussian($0.q, $0.z, $0.steps) }))
      }
      return try repeated(single, epochs ?? steps ?? 1)
    }
  }

  private var single: PrivacyEvent {
    get throws {
      switch mechanism {
      case "poisson_sampled_gaussian": try sampledGaussian(q!, z!, 1)
      case "gaussian": try PrivacyEvent(.gaussian(noiseMultiplier: z!))
      case "laplace": try PrivacyEvent(.laplace(scale: bOverSensitivity!))
      case "discrete_laplace": try PrivacyEvent(.discreteLaplace(lambda: lambda!, sensitivity: sensitivity!))
      case "discrete_gaussian":
        try PrivacyEvent(
          .poissonSampled(
            rate: q!, PrivacyEvent(.discreteGaussian(sigma: sigma!, sensitivity: sensitivity!))))
      case "tree_aggregation":
        try PrivacyEvent(.treeAggregation(noiseMultiplier: z!, steps: stepCounts!.values))
      case "fixed_size_without_replacement":
        try PrivacyEvent(
          .fixedSizeSampled(
            sourceSize: sourceSize!, sampleSize: sampleSize!, PrivacyEvent(.gaussian(noiseMultiplier: z!))))
      case "truncated_poisson_gaussian":
        try PrivacyEvent(
          .truncatedPoissonSampled(
            datasetSize: datasetSize!, rate: q!, limit: truncatedBatch!,
            PrivacyEvent(.gaussian(noiseMultiplier: z!))))
      case "randomized_response":
        try PrivacyEvent(.randomizedResponse(noise: noiseParameter!, categories: numBuckets!))
      default: throw PrivacyError(.unsupported, "\(mechanism) is not known here")
      }
    }
  }
}

func repeated(_ event: PrivacyEvent, _ times: Int) throws -> PrivacyEvent {
  try PrivacyEvent(.repeated(event, times: times))
}

func sampledGaussian(_ rate: Double, _ noise: Double, _ steps: Int) throws -> PrivacyEvent {
  try repeated(
    PrivacyEvent(.poissonSampled(rate: rate, PrivacyEvent(.gaussian(noiseMultiplier: noise)))), steps)
}

/// The distance of two numbers, relative to the second.
func distance(_ found: Double, _ expected: Double) -> Double { abs(found - expected) / abs(expected) }
