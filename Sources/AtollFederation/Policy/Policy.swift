public import AtollNumerics
public import AtollPrivacy

/// What a participant allows, written by the participant and enforced at the participant: what it does not name is
/// denied.
///
/// ```swift
/// let policy = try Policy(yaml: text, file: "policy.yaml")
/// ```
/// A policy is judged on every instruction before any data are read. No task can lower it.
public struct Policy: Sendable {
  /// Versions of the file that this version of Atoll reads.
  public static let version = 1

  /// Whose tasks: the names of those who sign them.
  public var operators = Allowance<String>.nothing
  /// Kinds of task.
  public var tasks = Allowance<String>.nothing
  /// Kinds of question: `columns`, `statistics`, `initial-model`, `train`, `evaluate`, or a question's own kind.
  public var questions = Allowance<String>.nothing
  /// Which models.
  public var models = Models()
  /// Which columns.
  public var columns = Columns()
  /// Which transformations of columns may be fitted.
  public var preprocessing = Preprocessing()
  /// What may be told of this participant by itself.
  public var perSite = PerSite()
  /// How much.
  public var limits = Limits()
  /// Fewest answers that an exchange must wait for: no sum is of fewer participants.
  public var leastParticipants = 2
  /// Whether a program of this participant's own may train (`--trainer`).
  public var externalTrainer = false
  /// What tasks must promise of privacy; nil: nothing is demanded.
  public var privacy: Privacy?

  /// Where rules stand, by their path.
  var origin = Origin()

  /// Models that may be trained and evaluated.
  public struct Models: Hashable, Sendable {
    /// Their kinds, as tasks name them.
    public var kinds = Allowance<String>.nothing
    /// Numbers in a model, at most.
    public var mostParameters = Limit<Int>.nothing
  }

  /// Columns, by the task's names of them. Images have none: a task of images is allowed where features and labels are
  /// ``Allowance/any``, and by no list of names.
  public struct Columns: Hashable, Sendable {
    /// Those that may be learnt from.
    public var features = Allowance<String>.nothing
    /// Those that may be predicted.
    public var labels = Allowance<String>.nothing
    /// Those that may say which rows belong together.
    public var groups = Allowance<String>.nothing
  }

  /// Transformations whose numbers are computed from rows. Those that compute nothing (`scale: none`, `missing: drop`,
  /// `categories: drop`) are always allowed.
  public struct Preprocessing: Hashable, Sendable {
    /// What may be computed to stand for missing values.
    public var missing = Allowance<String>.nothing
    /// By what numbers may be scaled.
    public var scale = Allowance<String>.nothing
    /// What may become of categories, whose levels are told.
    public var categories = Allowance<String>.nothing
  }

  /// What leaves under this participant's name, not in a sum.
  public struct PerSite: Hashable, Sendable {
    /// Names, types and levels of the columns that may be used.
    public var columns = false
    /// The figures of a model on this participant's own rows.
    public var evaluation = false
    /// Counts of which class is taken for which, and the like, on its own rows.
    public var details = false
    /// Answers to other questions.
    public var replies = false
  }

  /// How much may be asked.
  public struct Limits: Hashable, Sendable {
    /// Training rounds of one run.
    public var rounds = Limit<Int>.nothing
    /// Questions of one run.
    public var exchanges = Limit<Int>.nothing
    /// Bytes of answers to one run.
    public var bytes = Limit<Int>.nothing
    /// Training rounds of all runs together.
    public var roundsInAll = Limit<Int>.nothing
    /// Questions of all runs together.
    public var exchangesInAll = Limit<Int>.nothing
    /// Bytes of answers to all runs together.
    public var bytesInAll = Limit<Int>.nothing
  }

  /// What a task must promise of privacy, and how much of it all tasks together may spend.
  public struct Privacy: Hashable, Sendable {
    /// Whether a task may promise nothing.
    public var without = false
    /// Whose data a promise may be about.
    public var units = Allowance<PrivacyUnit>.nothing
    /// ε of one run, at most.
    public var mostEpsilon = Limit<Double>.nothing
    /// ε of all that was ever given away of a data set, at most.
    public var mostEpsilonInAll = Limit<Double>.nothing
    /// The δ at which both are meant, whatever δ a task names.
    public var delta = 1e-5
    /// Smallest noise multiplier.
    public var leastNoise = 0.0
    /// What may be told without noise.
    public var exact = Allowance<PrivacyPlan.Exact>.nothing

    /// Allows only what promises everything: nothing.
    public init() {}
  }

  /// A policy that allows nothing.
  public init() {}
}

extension Policy {
  /// Consents to everything: for a server on one's own machine.
  public static let open: Policy = {
    var policy = Policy()
    policy.operators = .any
    policy.tasks = .any
    policy.questions = .any
    policy.models = Models(kinds: .any, mostParameters: .any)
    policy.columns = Columns(features: .any, labels: .any, groups: .any)
    policy.preprocessing = Preprocessing(missing: .any, scale: .any, categories: .any)
    policy.perSite = PerSite(columns: true, evaluation: true, details: true, replies: true)
    policy.limits = Limits(
      rounds: .any, exchanges: .any, bytes: .any, roundsInAll: .any, exchangesInAll: .any, bytesInAll: .any)
    policy.leastParticipants = 1
    policy.externalTrainer = true
    policy.origin.file = "open"
    return policy
  }()

  /// Whether it allows everything, as ``open`` does.
  public var isOpen: Bool { self == .open }
}

extension Policy: Hashable {
  /// Two policies are the same when they allow the same, wherever their rules stand.
  public static func == (left: Self, right: Self) -> Bool { left.yaml == right.yaml }

  public func hash(into hasher: inout Hasher) { hasher.combine(yaml) }
}

// MARK: Reading and writing

extension Policy {
  /// Where the rules of a policy stand.
  struct Origin: Sendable {
    var file = "policy"
    var places: [String: Spot] = [:]

    /// Line and column, from 1.
    struct Spot: Hashable, Sendable {
      let line: Int
      let column: Int
    }

    /// Where a rule stands, or the section that it would stand in; nil where neither was written.
    func place(of rule: String) -> Spot? {
      var path = rule
      while !path.isEmpty {
        if let spot = places[path] { return spot }
        guard let dot = path.lastIndex(of: ".") else { return nil }
        path = String(path[..<dot])
      }
      return nil
    }
  }

  /// Reads a policy file.
  ///
  /// - Parameters:
  ///   - yaml: the file's bytes: UTF-8, at most 1 MiB, one document without aliases.
  ///   - file: the file's name, for messages.
  /// - Throws: ``InvalidPolicy`` with everything that was found wrong.
  public init(yaml: some Collection<UInt8>, file: String = "policy.yaml") throws(InvalidPolicy) {
    do {
      self = try Self.reading(yaml, file: file)
    } catch {
      throw InvalidPolicy(problems: error.problems, omitted: error.omitted)
    }
  }

  private static func reading(
    _ yaml: some Collection<UInt8>, file: String
  ) throws(InvalidTask) -> Policy {
    let source = try TaskSource.reading(yaml, name: file, subject: "policy")
    var parser = YAMLParser(source)
    guard let tree = parser.document() else {
      let empty = Problem(
        .missing, "the file is empty; a policy begins with its version", at: .none,
        suggestion: "add version: \(version)")
      throw source.invalid(parser.problems.isEmpty ? [empty] : parser.problems)
    }
    guard parser.problems.isEmpty else { throw source.invalid(parser.problems) }
    var reader = Reader(folder: "", known: PolicySchema.knownKeys, subject: "policy")
    let draft = Form<PolicyDraft>.policy.read(tree, &reader)
    guard var policy = draft?.policy, reader.problems.isEmpty else { throw source.invalid(reader.problems) }
    policy.origin.file = file
    for (path, places) in reader.places {
      if case .file(let line, let column, _) = places.key {
        policy.origin.places[path] = Origin.Spot(line: line, column: column)
      }
    }
    return policy
  }

  /// Reads the text of a policy file.
  ///
  /// - Throws: ``InvalidPolicy``.
  public init(yaml: String, file: String = "policy.yaml") throws(InvalidPolicy) {
    try self.init(yaml: Array(yaml.utf8), file: file)
  }

  /// The canonical text: every rule, in one order; it reads back to an equal policy.
  public var yaml: String { YAMLWriter.text(Form<PolicyDraft>.policy.write(PolicyDraft(self))) }

  /// SHA-256 of the canonical text: which policy it was, for records.
  public var contentHash: ContentHash { ContentHash(of: Array(yaml.utf8)) }
}

/// Why a policy cannot be used: everything that was found, up to 20 faults at once.
public struct InvalidPolicy: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the order of the file. Never empty.
  public let problems: [TaskError]
  /// Faults that were found beyond the limit.
  public let omitted: Int

  /// The problems' descriptions, one below the other.
  public var description: String {
    let lines = problems.map(\.description)
    let rest = omitted == 0 ? [] : ["and \(omitted) more \(omitted == 1 ? "fault" : "faults")"]
    return (lines + rest).joined(separator: "\n")
  }
}
