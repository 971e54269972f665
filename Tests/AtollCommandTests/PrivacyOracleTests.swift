import Foundation
import Testing

/// Every setting of `Tests/Vectors/dp_epsilon.json` (Google's dp-accounting, prv-accountant, closed forms) through the
/// command: the same figures as the accountants give, which `AtollPrivacyTests` hold to finer tolerances.
@Suite struct PrivacyOracleTests {
  struct Setting: @unchecked Sendable, CustomStringConvertible {
    // Safe because JSON's values do not change.
    let fields: [String: Any]
    var description: String { "\(fields["id"] ?? "") \(fields["mechanism"] ?? "")" }

    func number(_ path: String...) -> Double? {
      var value: Any? = fields
      for key in path { value = (value as? [String: Any])?[key] }
      return value as? Double
    }

    func count(_ key: String) -> Int { fields[key] as? Int ?? 1 }

    var relation: String {
      switch (fields["neighboring"] as? String, fields["mechanism"] as? String) {
      case ("REPLACE_ONE", _), (nil, "fixed_size_without_replacement"): "replace-one"
      case ("REPLACE_SPECIAL", _), (nil, "tree_aggregation"): "zero-out"
      default: "add-or-remove-one"
      }
    }

    /// The file that `--events` reads.
    var events: [String: Any] {
      var event = single
      if let parts = fields["parts"] as? [[String: Any]] {
        event = [
          "composed": parts.map { part in
            repeated(
              sampled(part["q"] as? Double, gaussian(part["z"] as? Double)), part["steps"] as? Int ?? 1)
          }
        ]
      } else {
        event = repeated(event, fields["epochs"] as? Int ?? count("steps"))
      }
      event["version"] = 1
      return event
    }

    private var single: [String: Any] {
      switch fields["mechanism"] as? String {
      case "poisson_sampled_gaussian": sampled(number("q"), gaussian(number("z")))
      case "gaussian": gaussian(number("z"))
      case "laplace": ["laplace": ["scale": number("b_over_sensitivity")]]
      case "discrete_laplace":
        ["discreteLaplace": ["lambda": number("lambda")!, "sensitivity": count("sensitivity")]]
      case "discrete_gaussian":
        sampled(
          number("q"),
          ["discreteGaussian": ["sigma": number("sigma")!, "sensitivity": count("sensitivity")]])
      case "tree_aggregation":
        [
          "treeAggregation": [
            "noiseMultiplier": number("z")!,
            "steps": fields["step_counts"] as? [Int] ?? [count("step_counts")],
          ]
        ]
      case "fixed_size_without_replacement":
        [
          "fixedSizeSampled": [
            "sourceSize": count("source_size"), "sampleSize": count("sample_size"),
            "event": gaussian(number("z")),
          ]
        ]
      case "truncated_poisson_gaussian":
        [
          "truncatedPoissonSampled": [
            "datasetSize": count("dataset_size"), "rate": number("q")!, "limit": count("truncated_batch"),
            "event": gaussian(number("z")),
          ]
        ]
      case "randomized_response":
        ["randomizedResponse": ["noise": number("noise_parameter")!, "categories": count("num_buckets")]]
      default: [:]
      }
    }

    private func gaussian(_ noise: Double?) -> [String: Any] { ["gaussian": ["noiseMultiplier": noise!]] }

    private func sampled(_ rate: Double?, _ event: [String: Any]) -> [String: Any] {
      ["poissonSampled": ["rate": rate!, "event": event]]
    }

    private func repeated(_ event: [String: Any], _ times: Int) -> [String: Any] {
      ["repeated": ["times": times, "event": event]]
    }
  }

  static let settings: [Setting] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Vectors/dp_epsilon.json")
    // Safe because the file is part of the tests.
    let object = try! JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
    return (object["epsilon"] as! [[String: Any]]).map { Setting(fields: $0) }
  }()

  private func epsilon(_ setting: Setting, accountant: String) throws -> [String: Any] {
    let folder = try Folder()
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: setting.events), as: UTF8.self),
      to: "events.json")
    let ended = try Program.run(
      "privacy", "epsilon", "--events", "events.json", "--delta", "\(setting.number("delta")!)",
      "--relation", setting.relation, "--accountant", accountant, "--json", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    return try #require(ended.events().first)
  }

  @Test(arguments: settings.filter { $0.number("expected", "rdp", "epsilon") != nil })
  func `Rényi: equal to exact divergences or to dp-accounting`(_ setting: Setting) throws {
    let found = try #require(epsilon(setting, accountant: "rdp")["epsilon"] as? Double)
    let library = try #require(setting.number("expected", "rdp", "epsilon"))
    let reference = setting.number("expected", "rdp_exact", "epsilon") ?? library
    #expect(abs(found - reference) < 1e-6 * reference)
  }

  @Test(
    arguments: settings.filter {
      ($0.number("expected", "pld", "epsilon") ?? $0.number("expected", "pld", "epsilon_upper")) != nil
        && $0.number("target_epsilon") == nil
    })
  func `loss distributions: within the bounds of prv-accountant and dp-accounting`(_ setting: Setting) throws
  {
    let event = try epsilon(setting, accountant: "pld")
    let found = try #require(event["epsilon"] as? Double)
    let library = try #require(
      setting.number("expected", "pld", "epsilon") ?? setting.number("expected", "pld", "epsilon_upper"))
    #expect(found <= library * 1.005 + 0.005)
    if let lower = setting.number("expected", "prv", "lower") { #expect(found >= lower) }
    if let exact = setting.number("expected", "exact", "epsilon") { #expect(found >= exact * (1 - 1e-14)) }
    #expect(try #require(event["epsilon_lower"] as? Double) <= found)
  }

  @Test(arguments: settings.filter { $0.number("expected", "noise_multiplier_pld") != nil })
  func `calibrated noise of sampled rounds`(_ setting: Setting) throws {
    let ended = try Program.run(
      "privacy", "noise", "--epsilon", "\(setting.number("target_epsilon")!)", "--delta",
      "\(setting.number("delta")!)", "--sampling-rate", "\(setting.number("q")!)", "--steps",
      "\(setting.count("steps"))", "--json", in: try Folder())
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try #require(ended.events().first?["noise_multiplier"] as? Double)
    let expected = try #require(setting.number("expected", "noise_multiplier_pld"))
    #expect(abs(found - expected) < 1e-3 * expected)
  }

  @Test(arguments: settings.filter { $0.number("expected", "sigma_per_unit_sensitivity") != nil })
  func `calibrated noise of one normal mechanism`(_ setting: Setting) throws {
    let ended = try Program.run(
      "privacy", "noise", "--epsilon", "\(setting.number("target_epsilon")!)", "--delta",
      "\(setting.number("delta")!)", "--json", in: try Folder())
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try #require(ended.events().first?["noise_multiplier"] as? Double)
    let expected = try #require(setting.number("expected", "sigma_per_unit_sensitivity"))
    #expect(found >= expected * (1 - 1e-12) && found < expected * 1.0002)
  }
}
