import AtollPrivacy
import Foundation
import Testing

/// The table of `Documentation/Algorithms/privacy-accounting.md` is what the accountants give today.
@Suite struct `The table of privacy accounting` {
  private func figure(_ value: Double?) -> String {
    guard let value else { return "–" }
    return String(format: "%.4f", value)
  }

  @Test func `has every setting of the oracle with its figures`() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../Documentation/Algorithms/privacy-accounting.md")
    let page = try String(contentsOf: file, encoding: .utf8)
    for setting in AccountingOracle.settings {
      let expected = try #require(setting.expected)
      let renyi = try? RenyiAccountant.standard.epsilon(
        of: setting.event, delta: setting.delta!, relation: setting.relation
      ).upper
      let loss = AccountingOracle.lossDistributions[setting.id!]
      let range = loss.map { "\(figure($0.lower)) … \(figure($0.upper))" } ?? "–"
      let library = expected.pld?.epsilon ?? expected.pld?.epsilonUpper
      let row =
        "| \(setting.title) | \(range) | \(figure(library)) | \(figure(renyi)) | \(figure(expected.rdp?.epsilon)) |"
      let isThere = page.contains(row)
      #expect(isThere, "\(row)")
    }
  }
}

extension AccountingOracle.Case {
  /// What it is, in a cell of the table.
  fileprivate var title: String {
    let count = steps.map { $0 == 1 ? "" : " ×\($0)" } ?? ""
    let end = "\(count), δ \(delta!)"
    switch mechanism {
    case "poisson_sampled_gaussian": return "normal z \(z!), q \(String(format: "%.4g", q!))\(end)"
    case "gaussian": return "normal z \(z!)\(end)"
    case "laplace": return "Laplace b \(bOverSensitivity!)\(end)"
    case "discrete_laplace": return "discrete Laplace λ \(lambda!), Δ \(sensitivity!)\(end)"
    case "discrete_gaussian":
      return "discrete normal σ \(sigma!), Δ \(sensitivity!)\(q == 1 ? "" : ", q \(q!)")\(end)"
    case "tree_aggregation":
      return "trees z \(z!), \(stepCounts!.values.map(String.init).joined(separator: "+")) ×\(epochs!)\(end)"
    case "fixed_size_without_replacement": return "normal z \(z!), \(sampleSize!) of \(sourceSize!)\(end)"
    case "truncated_poisson_gaussian":
      return "normal z \(z!), q \(q!) of \(datasetSize!), at most \(truncatedBatch!)\(end)"
    case "randomized_response": return "randomized response p \(noiseParameter!), k \(numBuckets!)\(end)"
    default: return "three kinds of sampled rounds\(end)"
    }
  }
}
