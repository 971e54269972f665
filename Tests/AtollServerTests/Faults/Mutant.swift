/// Bugs that are planted in the simulator's adapters, at least one for each kind of fault: where the simulation does not
/// find one of them, it would not find such a bug in the product.
enum Mutant: String, CaseIterable, Sendable {
  /// A repeated offer is counted again, for whoever has not answered yet.
  case duplicateCounted
  /// The commit is written after it was told.
  case commitAfterAcknowledgement
  /// What an exchange changes in the memory is kept when the answer is sent.
  case memoryBeforeCommit
  /// Nobody says that time has passed.
  case deadlineIgnored
  /// An answer that comes late is taken for the exchange that is open.
  case oldAnswerAccepted
  /// A part of a write is there under the file's name after a crash.
  case tornWriteBelieved
  /// A write that fails for want of room is taken to have succeeded.
  case noSpaceSwallowed
  /// Deadlines are counted by a clock that can be set.
  case clockThatJumps
  /// What became of an answer is heard only while its question is the last one.
  case reorderedSettleLost
  /// An answer is offered once.
  case offeredOnce
  /// Who comes back is not asked again.
  case returnUnnoticed
  /// Who declines is waited for.
  case declineUnheard
  /// The answers that a participant holds are not told when it joins, nor what it is asked while it holds them.
  case holdingsForgotten
  /// Who answers too late is told that its answer counts.
  case lateAcknowledged
  /// An answer leaves before its receipt is written, which then is not.
  case leftWithoutReceipt

  /// Those that show in calm weather, too.
  static let withoutFaults: Set<Mutant> = [
    .commitAfterAcknowledgement, .leftWithoutReceipt, .memoryBeforeCommit, .reorderedSettleLost,
  ]
}
