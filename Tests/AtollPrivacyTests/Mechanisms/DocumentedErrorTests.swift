import AtollPrivacy
import Foundation
import Testing

/// The table of `Documentation/Algorithms/dp-ftrl.md` is what the mechanisms give today.
@Suite struct `The table of DP-FTRL` {
  @Test(arguments: [(1, 256, "one participation"), (4, 64, "four, 64 rounds apart")])
  func `has the errors of independent noise, trees and bands`(
    _ times: Int, _ apart: Int, _ title: String
  ) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../Documentation/Algorithms/dp-ftrl.md")
    let page = try String(contentsOf: file, encoding: .utf8)
    func banded(_ bands: Int) throws -> String {
      try figure(
        BandedMatrix(rounds: 256, bands: bands, separation: apart, participations: times))
    }
    func figure(_ mechanism: some PrefixSumMechanism) throws -> String {
      String(format: "%.1f", try error(of: mechanism))
    }
    let trees = try figure(TreeAggregation(steps: [apart], epochs: times))
    let row = "| \(title) | \(try banded(1)) | \(trees) | \(try banded(16)) | \(try banded(apart)) |"
    let isThere = page.contains(row)
    #expect(isThere, "\(row)")
  }
}
