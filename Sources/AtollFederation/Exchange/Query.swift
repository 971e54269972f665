public import AtollNumerics
public import FoundationEssentials

/// What an exchange asks of each participant of its cohort.
///
/// Both sides derive the shape of the answer from the question, so there is nothing to negotiate: an answer of another
/// shape is refused.
public protocol Query: Codable, Sendable {
  /// Names the type on the wire and picks the worker that answers.
  static var kind: String { get }
  /// The shape of an answer; both sides derive it from the question.
  var reply: ReplyShape { get }
  /// What the question asks for, as a participant's ``Policy`` judges it.
  var demand: Demand { get }

  /// Names an element of a sum, for messages: `output.weight[3, 0]`.
  func describe(element index: Int, of sum: SumSpec) -> String

  /// Refuses a question whose parts do not go together. Asked of those that come from outside: a participant does not
  /// trust its server.
  func check() throws
}

extension Query {
  /// A question of its own kind, which a policy must name.
  public var demand: Demand { Demand(question: Self.kind) }

  /// By default a question that can be read can be answered.
  public func check() throws {}

  public func describe(element index: Int, of sum: SumSpec) -> String { "\(sum.name.rawValue)[\(index)]" }
}

/// The form of an answer, with a bound on everything.
public enum ReplyShape: Hashable, Sendable {
  /// Vectors of bounded numbers of which the server learns the exact sum over the cohort.
  case sums([SumSpec])
  /// The single answers, each at most so many bytes. Masks forbid it, policies may.
  case individual(limit: Int)
  /// Messages for other participants, sealed end to end, at most so many bytes for each sender.
  case relay(limit: Int)

  /// Bytes that one participant sends up.
  public var byteCount: Int {
    switch self {
    case .sums(let specs): specs.reduce(8) { $0 + 8 * $1.count }
    case .individual(let limit), .relay(let limit): limit
    }
  }
}

/// One named vector of an answer that is summed.
public struct SumSpec: Hashable, Codable, Sendable {
  /// Names are values of the program that asks, so that a typing error does not compile.
  public struct Name: RawRepresentable, Hashable, Codable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// What the program calls the sum.
  public let name: Name
  /// Number of elements.
  public let count: Int
  /// How numbers become integers, and the bound beyond which an answer is refused.
  public let format: FixedPoint
  /// Whether each participant's numbers are multiplied by its weight.
  public let weighted: Bool

  public init(_ name: Name, count: Int, format: FixedPoint, weighted: Bool = false) {
    self.name = name
    self.count = count
    self.format = format
    self.weighted = weighted
  }
}

/// A message from one participant to another that the server passes on and cannot read.
public struct SealedMessage: Hashable, Codable, Sendable {
  /// Who sealed it.
  public let sender: ParticipantID
  /// Who can open it.
  public let recipient: ParticipantID
  /// The bytes, which the server cannot read.
  public let sealed: Data

  public init(from sender: ParticipantID, to recipient: ParticipantID, sealed: Data) {
    self.sender = sender
    self.recipient = recipient
    self.sealed = sealed
  }
}
