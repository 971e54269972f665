public import AtollFederation
public import AtollWire

/// Something that happened at the server: a line of its log.
public struct ServerEvent: Hashable, Sendable {
  /// From 1, since the server was started.
  public let number: Int
  /// Seconds since 1970.
  public let time: Int
  /// What it is.
  public let what: What
  /// The run that it belongs to, where it belongs to one.
  public let run: RunID?
  /// The participant that it is about, where it is about one.
  public let participant: ParticipantID?

  /// What happened.
  public enum What: Hashable, Sendable {
    /// A participant has connected, with a program of that name and version.
    case joined(software: String)
    /// A participant's connection ended.
    case left
    /// An answer was not taken, for that reason.
    case refused(reason: String)
    /// A run cannot ask anyone before these have joined.
    case waiting(for: [ParticipantID])
    /// A round was committed.
    case round(Round)
    /// A run is over; with the reason, where there is something to say.
    case ended(RunStatus, reason: String)
  }

  /// A committed round.
  public struct Round: Hashable, Sendable {
    /// From 1.
    public let round: Int
    /// How many updates are in it.
    public let participants: Int
    /// Of how many asked.
    public let cohort: Int
    /// What participants sent, in bytes.
    public let bytesUp: Int
    /// What participants received, in bytes.
    public let bytesDown: Int
    /// The loss on all held-out rows; nil when the round was not evaluated.
    public let loss: Double?
    /// How long it took.
    public let seconds: Double
  }

  /// One word for programs.
  public var name: String {
    switch what {
    case .joined: "joined"
    case .left: "left"
    case .refused: "refused"
    case .waiting: "waiting"
    case .round: "committed"
    case .ended: "ended"
    }
  }
}
