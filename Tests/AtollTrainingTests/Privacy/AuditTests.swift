import AtollPrivacy
import Testing

@testable import AtollTraining

@Suite struct `An audit of DP-SGD at the 95 % level` {
  /// How many of some seeds reject the promise.
  private func rejections(of training: AuditedTraining, seeds: Range<UInt64>) throws -> Int {
    try seeds.count { seed in
      let canaries = try Canaries(seed: seed)
      let gradients = try training.gradients(of: canaries, seed: 1_000_000 + seed)
      let finding = CanaryAudit(included: canaries.included).finding(
        scores: canaries.scores(gradients), delta: AuditedTraining.promise.delta)
      return finding.epsilon > AuditedTraining.promise.epsilon
    }
  }

  /// 5 % of 200 are 10; of a test that is exact at its level, 22 or more happen once in 3000 times.
  @Test func `rejects what is right in 21 of 200 seeds at most`() throws {
    let count = try rejections(of: .right, seeds: 0..<200)
    #expect(count <= 21, "\(count)")
  }

  @Test(arguments: AuditedTraining.allCases.filter { $0 != .right })
  func `rejects a planted fault in 190 of 200 seeds at least`(_ training: AuditedTraining) throws {
    let count = try rejections(of: training, seeds: 0..<200)
    #expect(count >= 190, "\(training): \(count)")
  }
}
