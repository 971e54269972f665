public import AtollNumerics

/// Whose privacy is spent: a data set of a participant, or the participants of a server. It has a name for people; that
/// two are the same is told by what they are, not by what they are called.
public struct PrivacySubject: Sendable {
  /// What it is.
  public enum Identity: Hashable, Sendable {
    /// A data set, known by the SHA-256 of its content, at a participant.
    ///
    /// With one row more it is another one: what a row has spent that is in both is the sum of both.
    case dataSet(ContentHash, participant: String)
    /// The participants that a server asks, known by a name that it gives them.
    case population(String, server: String)
  }

  /// What it is.
  public let identity: Identity
  /// What people call it.
  public let name: String

  /// A data set at a participant.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` for names that are empty, longer than 200 bytes or of several lines.
  public static func dataSet(
    _ hash: ContentHash, at participant: String, named name: String
  ) throws(PrivacyError) -> PrivacySubject {
    try PrivacySubject(.dataSet(hash, participant: participant), named: name)
  }

  /// The participants of a server.
  ///
  /// - Throws: ``PrivacyError``, as ``dataSet(_:at:named:)`` does.
  public static func population(
    _ population: String, at server: String, named name: String? = nil
  ) throws(PrivacyError) -> PrivacySubject {
    try PrivacySubject(.population(population, server: server), named: name ?? population)
  }

  /// - Throws: ``PrivacyError``, as ``dataSet(_:at:named:)`` does.
  public init(_ identity: Identity, named name: String) throws(PrivacyError) {
    try checkName(name, "the name of a subject")
    switch identity {
    case .dataSet(_, let participant): try checkName(participant, "the name of a participant")
    case .population(let population, let server):
      try checkName(population, "the name of a population")
      try checkName(server, "the name of a server")
    }
    self.identity = identity
    self.name = name
  }
}

extension PrivacySubject: Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.identity == right.identity }
  public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

extension PrivacySubject: CustomStringConvertible {
  public var description: String {
    switch identity {
    case .dataSet(let hash, let participant): "“\(name)” at \(participant) (\(hash.abbreviated))"
    case .population(_, let server): "“\(name)” at \(server)"
    }
  }
}

extension PrivacySubject: Codable {
  private enum Key: String, CodingKey { case name, participant, population, server, sha256 }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let identity: Identity
    if container.contains(.sha256) {
      identity = .dataSet(
        try container.decode(ContentHash.self, forKey: .sha256),
        participant: try container.decode(String.self, forKey: .participant))
    } else {
      identity = .population(
        try container.decode(String.self, forKey: .population),
        server: try container.decode(String.self, forKey: .server))
    }
    try self.init(identity, named: try container.decode(String.self, forKey: .name))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    switch identity {
    case .dataSet(let hash, let participant):
      try container.encode(hash, forKey: .sha256)
      try container.encode(participant, forKey: .participant)
    case .population(let population, let server):
      try container.encode(population, forKey: .population)
      try container.encode(server, forKey: .server)
    }
  }
}

/// Refuses what is no name for people and files: it is printed as it is, and comes from files of others.
func checkName(_ name: String, _ what: String) throws(PrivacyError) {
  let isPlain = name.unicodeScalars.allSatisfy { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }
  guard !name.isEmpty, name.utf8.count <= 200, isPlain else {
    throw PrivacyError(.invalid, "\(what) is one line of 1 to 200 bytes, without control characters")
  }
}
