public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// What is to be learnt, from whom and how: the content of a task file, checked and with every default filled
/// in.
///
/// A value of this type is valid: there is no way to make one, decoding included, that does not pass all
/// checks.
public struct FederatedTask: Hashable, Sendable {
  /// What sort of task it is. Others come with later versions.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    /// Which class a row belongs to.
    case classification
    /// Which number belongs to a row.
    case regression
  }

  /// What sort of task it is.
  public let kind: Kind
  /// Names the run's directory: letters, digits, `.`, `_` and `-`.
  public let name: String
  /// What is learnt from.
  public let data: DataPlan
  /// What is learnt.
  public let model: ModelKind
  /// How a participant trains in a round.
  public let training: LocalTraining
  /// Who takes part, how often, and how updates become a model.
  public let federation: FederationPlan
  /// What happens to an update before it leaves.
  public let protection: ProtectionPlan
  /// What is promised of privacy; nil where nothing is.
  public let privacy: PrivacyPlan?
  /// How the model is judged, and when training ends.
  public let evaluation: EvaluationPlan

  /// For the checks alone.
  init(
    checkedKind kind: Kind, name: String, data: DataPlan, model: ModelKind, training: LocalTraining,
    federation: FederationPlan, protection: ProtectionPlan, privacy: PrivacyPlan?, evaluation: EvaluationPlan
  ) {
    self.kind = kind
    self.name = name
    self.data = data
    self.model = model
    self.training = training
    self.federation = federation
    self.protection = protection
    self.privacy = privacy
    self.evaluation = evaluation
  }
}

// MARK: Reading

extension FederatedTask {
  /// Reads a task file.
  ///
  /// - Parameters:
  ///   - yaml: the file's bytes: UTF-8, at most 1 MiB, one document without aliases.
  ///   - file: the file's name, for messages; its stem names a task that has no name of its own.
  ///   - folder: the folder that relative paths of the task start in; empty leaves them as they are.
  ///   - overrides: `key.path=value` as `--set` takes them, later ones winning. The value is YAML; an empty
  ///     one takes the key out.
  ///   - environment: what `${NAME}` stands for; nil for a variable that is not set.
  ///   - extensions: strategies and models of one's own that the task may name.
  /// - Throws: ``InvalidTask`` with everything that was found wrong.
  public init(
    yaml: some Collection<UInt8>, file: String = "task.yaml", folder: String = "", overrides: [String] = [],
    environment: (String) -> String? = { _ in nil }, extensions: Extensions = Extensions()
  ) throws(InvalidTask) {
    let source = try TaskSource.reading(yaml, name: file)
    var parser = YAMLParser(source)
    guard var tree = parser.document() else {
      let empty = Problem(.missing, "the file is empty; a task has task, data and model", at: .none)
      throw source.invalid(parser.problems.isEmpty ? [empty] : parser.problems)
    }
    // What could not be parsed is not looked at twice: a section that is lost would be reported as missing.
    guard parser.problems.isEmpty else { throw source.invalid(parser.problems) }
    var problems: [Problem] = []
    let shape = Form<TaskDraft>.task.shape
    for override in overrides { tree = tree.overridden(by: override, shape: shape, problems: &problems) }
    tree = tree.filledIn(by: environment, problems: &problems)
    var reader = Reader(folder: folder, known: TaskSchema.knownKeys, extensions: extensions)
    problems.forEach { reader.report($0) }
    let draft = Form<TaskDraft>.task.read(tree, &reader)
    guard let draft, reader.problems.isEmpty else { throw source.invalid(reader.problems) }
    var resolver = TaskResolver(draft: draft, fileName: file, reader: reader)
    guard let task = resolver.task() else { throw source.invalid(resolver.reader.problems) }
    self = task
  }

  /// Reads the text of a task file; the parameters are those of
  /// ``init(yaml:file:folder:overrides:environment:extensions:)-(Collection<UInt8>,_,_,_,_,_)``.
  public init(
    yaml: String, file: String = "task.yaml", folder: String = "", overrides: [String] = [],
    environment: (String) -> String? = { _ in nil }, extensions: Extensions = Extensions()
  ) throws(InvalidTask) {
    try self.init(
      yaml: Array(yaml.utf8), file: file, folder: folder, overrides: overrides, environment: environment,
      extensions: extensions)
  }

  /// Makes a task from its parts, with the checks of a file.
  ///
  /// - Throws: ``InvalidTask`` whose places are those of the task's canonical text.
  public init(
    kind: Kind, name: String, data: DataPlan, model: ModelKind, training: LocalTraining,
    federation: FederationPlan = FederationPlan(), protection: ProtectionPlan = ProtectionPlan(),
    privacy: PrivacyPlan? = nil, evaluation: EvaluationPlan
  ) throws(InvalidTask) {
    let task = FederatedTask(
      checkedKind: kind, name: name, data: data, model: model, training: training, federation: federation,
      protection: protection, privacy: privacy, evaluation: evaluation)
    try self.init(yaml: task.yaml, extensions: task.extensions)
    guard training.privacy == nil || training.privacy == self.training.privacy else {
      // Left out silently, it would be believed in.
      let message = "the privacy of single records is what the section privacy says, not part of training"
      throw try TaskSource.reading(Array(task.yaml.utf8), name: "task.yaml").invalid([
        Problem(.conflict, message, at: .none)
      ])
    }
    guard privacy?.correlation == nil || privacy?.correlation == self.privacy?.correlation else {
      let message = "noise is correlated over the rounds of the run, and the federation has others"
      throw try TaskSource.reading(Array(task.yaml.utf8), name: "task.yaml").invalid([
        Problem(.conflict, message, at: .none)
      ])
    }
  }

  /// The same task with some keys changed, as by `--set`.
  ///
  /// - Throws: ``InvalidTask`` whose problems name the override at fault.
  public func setting(_ overrides: [String]) throws(InvalidTask) -> FederatedTask {
    try FederatedTask(yaml: yaml, overrides: overrides, extensions: extensions)
  }
}

// MARK: Writing

extension FederatedTask {
  /// The canonical text: every key with its value, in one order; it reads back to an equal task. Keys whose
  /// absence has a meaning (`clip`, `group`, …) are left out where they are absent.
  ///
  /// Paths are those of this machine, the folder of the original file put before relative ones.
  public var yaml: String { YAMLWriter.text(tree) }

  /// The task's `task_sha256`: SHA-256 of the canonical text with every path left empty.
  ///
  /// Where the data lie is a matter of the machine that holds them (and a run's manifest has hashes of what
  /// was read); so the same task has one hash in every folder, and a data owner's consent does not hang on
  /// the operator's paths. Participants' names do count, and so does everything else.
  public var contentHash: ContentHash {
    let placeless = tree.mapScalars { text, style, _ in (style == .path ? "" : text, style) }
    return ContentHash(of: Array(YAMLWriter.text(placeless).utf8))
  }

  /// What is written.
  var tree: YAMLValue { Form<TaskDraft>.task.write(TaskDraft(self)) }
}

extension FederatedTask: Codable {
  /// Reads the canonical text, with all checks. Names of strategies and models that are not Atoll's own are not known
  /// here.
  public init(from decoder: any Decoder) throws {
    try self.init(yaml: decoder.singleValueContainer().decode(String.self))
  }

  /// As the canonical text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(yaml)
  }
}
