import AtollPrivacy
import Testing

@Suite struct `Refusals of privacy parameters` {
  @Test func `say what is wrong in one line`() {
    let refusal = PrivacyError(.invalid, "δ lies between 0 and 1, not at 2")
    #expect("\(refusal)" == "δ lies between 0 and 1, not at 2")
    #expect(refusal.code == .invalid)
  }
}
