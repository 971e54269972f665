/// Why a privacy parameter, an event or a mechanism was refused.
public struct PrivacyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of refusal it is.
  public struct Code: Hashable, Sendable {
    private enum Kind: Hashable, Sendable { case invalid, unsupported, exhausted }
    private let kind: Kind

    /// A parameter out of its range.
    public static let invalid = Code(kind: .invalid)
    /// An event that this accountant, or a combination that this mechanism, has no proof for.
    public static let unsupported = Code(kind: .unsupported)
    /// A budget that would be exceeded.
    public static let exhausted = Code(kind: .exhausted)
  }

  /// What kind of refusal it is.
  public let code: Code
  /// What is wrong and what is allowed, in one line.
  public let message: String

  /// A refusal with its reason.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
