package import FoundationEssentials

/// What a server does; the transport carries it.
///
/// Every function is told who calls, and refuses whom it does not know: ``WireError`` with code `.untrusted` or
/// `.refused`.
package protocol FederationService: Sendable {
  /// A certificate for who shows that of an invitation.
  func enroll(_ signingRequest: Data, caller: Caller) async throws -> (certificate: Data, authority: Data)

  /// A new certificate for a member, of the same name and role.
  func renew(_ signingRequest: Data, caller: Caller) async throws -> (certificate: Data, authority: Data)

  /// The server's end of a participant's stream.
  func join(_ caller: Caller) async throws -> any Link<FromParticipant, FromServer>

  /// The stream has ended.
  func left(_ link: any Link<FromParticipant, FromServer>, caller: Caller)

  /// A run of a task.
  func submit(task yaml: String, signature: Data, caller: Caller) async throws -> RunOverview

  func runs(caller: Caller) async throws -> [RunOverview]

  /// Tells all events of a run, one JSON object each, until it is over.
  func watch(
    _ run: RunID, caller: Caller, tell: @escaping @Sendable (Data) async throws -> Void) async throws

  func cancel(_ run: RunID, caller: Caller) async throws -> RunOverview

  /// Hands out a file of a run: size, offset and content of each piece.
  func fetch(
    _ file: RunFile, of run: RunID, caller: Caller,
    hand: @escaping @Sendable (_ size: Int, _ offset: Int, _ content: Data) async throws -> Void
  ) async throws
}
