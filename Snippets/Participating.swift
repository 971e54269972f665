// A participant within an app: its owner's policy, its rows, and what happens.
import Atoll

#if canImport(AtollClient)
  import AtollClient
  import AtollWire

  /// Takes part until the task is cancelled. Wants an identity, which `atoll enroll` makes.
  func takePart() async throws {
    let identity = try Identity(contentsOf: "st-olav")
    let participant = Participant(
      identity, folder: "st-olav/state", consent: Consent(try Policy(contentsOf: "policy.yaml")),
      delegate: ParticipantDelegate(
        data: { task in try LocalData(csv: "admissions.csv", for: task, participant: "st-olav") },
        observe: { event in print(event) }))
    _ = try await participant.run()
  }
#endif
