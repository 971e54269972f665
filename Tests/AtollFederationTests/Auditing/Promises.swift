import AtollPrivacy
import Testing

/// Tries what accountants say of an event, under zero-out, with a unit that is there and with one that contributes nothing: it
/// must not be disproved, and what they say of an event that gives away less must be, or the test could not tell.
func tryPromise(
  _ event: PrivacyEvent, butNot better: PrivacyEvent, delta: Double = 0.05, runs: Int = 40_000,
  sourceLocation: SourceLocation = #_sourceLocation, _ run: (_ isThere: Bool) throws -> [Double]
) throws {
  let finding = try StochasticTester(of: event, delta: delta, relation: .zeroOut, runs: runs)
    .test({ try run(true) }, { try run(false) })
  #expect(!finding.disproves, "\(finding)", sourceLocation: sourceLocation)
  try expectBroken(better, delta: delta, runs: runs, sourceLocation: sourceLocation, run)
}

/// Disproves what accountants say of an event.
@discardableResult
func expectBroken(
  _ event: PrivacyEvent, delta: Double = 0.05, runs: Int = 40_000,
  sourceLocation: SourceLocation = #_sourceLocation, _ run: (_ isThere: Bool) throws -> [Double]
) throws -> StochasticTester.Finding {
  let tester = try StochasticTester(of: event, delta: delta, relation: .zeroOut, runs: runs)
  let finding = try tester.test({ try run(true) }, { try run(false) })
  #expect(finding.disproves, "\(finding), and not \(tester.epsilon)", sourceLocation: sourceLocation)
  return finding
}
