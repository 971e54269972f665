/// What privacy is spent for: an exchange of a run, a run as a whole, or something with a name of its own.
///
/// An activity is charged once, however often it is begun anew after a crash. So what it releases must be one thing: the
/// same bytes again, or nothing at all. Where an answer is computed anew with new noise, and the first may have been
/// seen, that is another release and takes another activity.
public struct PrivacyActivity: Sendable {
  /// What it is.
  public enum Identity: Hashable, Sendable {
    /// An exchange of a run, by its number from 0, and how many answers to it were released before this one.
    case exchange(Int, run: String, repetition: Int)
    /// All exchanges of a run together.
    case run(String)
    /// Anything else: `analytics/survey-3`.
    case named(String)
  }

  /// What it is.
  public let identity: Identity
  /// The round that is trained with the exchange, from 1: for people; nil where none is.
  public let round: Int?

  /// An exchange of a run.
  ///
  /// - Parameters:
  ///   - number: its number in the run, from 0.
  ///   - run: the run's name.
  ///   - round: the round that is trained with it, from 1.
  ///   - repetition: how many answers to it were released before: another answer is another release.
  /// - Throws: ``PrivacyError`` with code `invalid` for negative numbers, and names that are empty, longer than 200 bytes
  ///   or of several lines.
  public static func exchange(
    _ number: Int, of run: String, round: Int? = nil, repetition: Int = 0
  ) throws(PrivacyError) -> PrivacyActivity {
    try PrivacyActivity(.exchange(number, run: run, repetition: repetition), round: round)
  }

  /// All exchanges of a run: where what one gives away cannot be told from what the others do.
  ///
  /// - Throws: ``PrivacyError``, as ``exchange(_:of:round:repetition:)`` does.
  public static func run(_ run: String) throws(PrivacyError) -> PrivacyActivity {
    try PrivacyActivity(.run(run), round: nil)
  }

  /// The run that it belongs to; nil where it has a name of its own.
  public var run: String? {
    switch identity {
    case .exchange(_, let run, _), .run(let run): run
    case .named: nil
    }
  }

  /// Something with a name of its own.
  ///
  /// - Throws: ``PrivacyError``, as ``exchange(_:of:round:repetition:)`` does.
  public static func named(_ name: String) throws(PrivacyError) -> PrivacyActivity {
    try PrivacyActivity(.named(name), round: nil)
  }

  private init(_ identity: Identity, round: Int?) throws(PrivacyError) {
    switch identity {
    case .exchange(let number, let run, let repetition):
      try checkName(run, "the name of a run")
      guard number >= 0, repetition >= 0, (round ?? 1) >= 1 else {
        throw PrivacyError(.invalid, "exchanges are numbered from 0 and rounds from 1")
      }
    case .run(let run): try checkName(run, "the name of a run")
    case .named(let name): try checkName(name, "the name of an activity")
    }
    self.identity = identity
    self.round = round
  }
}

extension PrivacyActivity: Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.identity == right.identity }
  public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

extension PrivacyActivity: CustomStringConvertible {
  /// `round 41 of run study-1`
  public var description: String {
    switch identity {
    case .exchange(_, let run, _): "\(short) of run \(run)"
    case .run, .named: short
    }
  }

  /// `round 41`
  var short: String {
    switch identity {
    case .exchange(let number, _, let repetition):
      (round.map { "round \($0)" } ?? "exchange \(number)")
        + (repetition > 0 ? ", answer \(repetition + 1)," : "")
    case .run(let run): "run \(run)"
    case .named(let name): name
    }
  }
}

extension PrivacyActivity: Codable {
  private enum Key: String, CodingKey { case exchange, name, repetition, round, run }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let identity: Identity =
      if container.contains(.name) {
        .named(try container.decode(String.self, forKey: .name))
      } else if container.contains(.exchange) {
        .exchange(
          try container.decode(Int.self, forKey: .exchange),
          run: try container.decode(String.self, forKey: .run),
          repetition: try container.decodeIfPresent(Int.self, forKey: .repetition) ?? 0)
      } else {
        .run(try container.decode(String.self, forKey: .run))
      }
    try self.init(identity, round: try container.decodeIfPresent(Int.self, forKey: .round))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch identity {
    case .exchange(let number, let run, let repetition):
      try container.encode(number, forKey: .exchange)
      try container.encode(run, forKey: .run)
      if repetition > 0 { try container.encode(repetition, forKey: .repetition) }
      try container.encodeIfPresent(round, forKey: .round)
    case .run(let run): try container.encode(run, forKey: .run)
    case .named(let name): try container.encode(name, forKey: .name)
    }
  }
}
