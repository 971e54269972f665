import AtollFederation
import AtollNumerics
import Foundation
import Testing

@testable import AtollServer
@testable import AtollWire

/// Invitations that are no more, and answers to what somebody else was asked: refused with a reason that is told.
@Suite struct `Without the right to it` {
  @Test func `nobody enrols with an invitation that has expired, was used, or is unknown here`() async throws
  {
    let hospitals = try FourHospitals()
    let state = try ServerState(in: hospitals.folder.path + "/server", creating: true)
    let coordinator = try Coordinator(state)
    func enroll(_ invitation: Invitation, _ key: IdentityKey = IdentityKey()) async throws {
      _ = try await coordinator.enroll(
        key.signingRequest(), caller: Caller(invitation.certificate))
    }
    let expired = try state.invite("ashford", as: .participant, days: -1)
    try await refuses("has expired") { try await enroll(expired) }
    let good = try state.invite("birk", as: .participant)
    let key = IdentityKey()
    try await enroll(good, key)
    // The answer was lost: the same key is certified again, and no other.
    try await enroll(good, key)
    try await refuses("has been used already") { try await enroll(good) }
    let other = try ServerState(in: hospitals.folder.path + "/other", creating: true)
    let strange = try other.invite("corvo", as: .participant)
    try await refuses("no invitation of this server") { try await enroll(strange) }
  }

  @Test func `nobody answers in a run that is another's, or that is none`() async throws {
    let hospitals = try FourHospitals()
    let state = try ServerState(in: hospitals.folder.path + "/server", creating: true)
    let coordinator = try Coordinator(state)
    var callers: [ParticipantID: Caller] = [:]
    for name in FourHospitals.names {
      let certificate = try state.authority.certify(
        IdentityKey().signingRequest(), named: name.name, role: .participant)
      try state.store.keep(
        certificate, name: name.name, role: .participant, key: .ofNothing, invitation: nil)
      callers[name] = Caller(certificate.der)
    }
    let chief = try state.operatorIdentity(at: ServerAddress(host: "localhost"))
    let yaml = try hospitals.task(federation: "{participants: [ashford, birk, corvo]}").withoutFolders.yaml
    let run = try await coordinator.submit(
      task: yaml, signature: chief.sign(Data(yaml.utf8)), caller: Caller(chief.certificate)
    ).run
    let link = try await coordinator.join(#require(callers["dalen"]))
    try await link.receive(.hello(Hello(software: "test", pending: [])))
    _ = try await link.next()
    func refusal(of offer: Offer) async throws -> RefusalCode? {
      try await link.receive(.offer(offer))
      guard case .refused(let refused)? = try await link.next() else { return nil }
      return refused.code
    }
    let answer = Offer(
      exchange: ExchangeID(run, 0), question: .ofNothing, answer: .ofNothing, size: 0, content: Data())
    #expect(try await refusal(of: answer) == .notInvited)
    var stray = answer
    stray.exchange = ExchangeID(try #require(RunID("nothing-7")), 0)
    #expect(try await refusal(of: stray) == .unknownRun)
    // A participant decides nothing about runs.
    try await refuses("dalen is a participant") {
      _ = try await coordinator.cancel(run, caller: #require(callers["dalen"]))
    }
  }

  /// Whether what is done is refused for that reason.
  private func refuses(_ reason: String, _ body: () async throws -> Void) async throws {
    let error = await #expect(throws: WireError.self) { try await body() }
    #expect(error?.code == .refused)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }
}

extension Caller {
  fileprivate init(_ certificate: Data) {
    self.init(fingerprint: ContentHash(of: certificate), certificate: certificate, address: "127.0.0.1")
  }
}
