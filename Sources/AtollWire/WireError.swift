/// What went wrong between two peers: one clear sentence.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault, for programs.
  public let code: Code
  /// What is wrong; no full stop at the end.
  public let message: String
  /// What to try, as one clause.
  public let hint: String?

  public init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  public var description: String { message }

  /// The kinds of fault; later versions may add some.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String { case unreachable, untrusted, refused, protocolViolation, invalid, tryLater }
    private let kind: Kind
    public var description: String { kind.rawValue }

    /// The peer did not answer in time, or the connection broke.
    public static let unreachable = Code(kind: .unreachable)
    /// The peer is not who it should be, or does not take us for who we are.
    public static let untrusted = Code(kind: .untrusted)
    /// The peer understood and said no.
    public static let refused = Code(kind: .refused)
    /// The peer said what the protocol does not allow.
    public static let protocolViolation = Code(kind: .protocolViolation)
    /// A key, a certificate or an invitation is not what it should be.
    public static let invalid = Code(kind: .invalid)
    /// The peer cannot do it now.
    public static let tryLater = Code(kind: .tryLater)
  }
}
