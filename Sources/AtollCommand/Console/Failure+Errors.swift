import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollReport
import AtollStore
import AtollTraining
import AtollWire

/// What each module's errors mean for a command.
extension Failure {
  /// - Parameter readsTask: whether how tables are written stands in a task file; else options say it.
  init(_ error: any Error, readsTask: Bool = true) {
    switch error {
    case let failure as Failure: self = failure
    case let error as InvalidTask:
      self.init(error.problems, omitted: error.omitted, keys: "atoll task schema")
    case let error as InvalidPolicy:
      self.init(error.problems, omitted: error.omitted, keys: "atoll policy schema")
    case let error as InvalidDataSource:
      self.init(.badInput, error.description)
    case let error as Refusal: self.init(error)
    case let error as TableError: self.init(error, readsTask: readsTask)
    case let error as StoreError:
      self.init(Self.status(of: error), error.description, details: ["file": .string(error.path)])
      if error.code == .unfinished { attempts = ["atoll run --resume \(Shell.quoted(error.path))"] }
    case let error as PreparationError:
      self.init(.badInput, error.message, details: error.column.map { ["column_name": .string($0)] } ?? [:])
    case let error as SafetensorsError: self.init(.badInput, error.message)
    case let error as ModelError: self.init(.badInput, error.message)
    case let error as TrainingError: self.init(Self.status(of: error), error.message)
    case let error as EvaluationError: self.init(Self.status(of: error), error.message)
    case let error as FixedPointError: self.init(Self.status(of: error), error.message)
    case let error as PrivacyError:
      self.init(error.code == .exhausted ? .refusedByOwner : .badInput, error.message)
    case let error as WireError:
      self.init(Self.status(of: error), error.message, try: error.hint.map { [$0] } ?? [])
    case let error as RunFailure:
      self.init(
        Self.status(of: error), (error.participant.map { "\($0): " } ?? "") + error.message,
        try: error.hint.map { [$0] } ?? [],
        details: error.participant.map { ["participant": .string($0.name)] } ?? [:])
      if !error.local.isEmpty { faults[0] += ["its last lines:"] + error.local.map { "    | \($0)" } }
    default:
      self.init(.bug, "\(error)\nThis is a fault of atoll, not of your input: please report it.")
    }
  }

  private init(_ error: Refusal) {
    self.init(.refusedByOwner, error.description)
    details["rule"] = .string(error.rule)
    details["file"] = error.file.map { .string($0) }
    details["line"] = error.line.map { .integer($0) }
    details["column"] = error.column.map { .integer($0) }
  }

  /// - Parameter keys: the command that lists all keys.
  private init(_ problems: [TaskError], omitted: Int, keys: String) {
    self.init(.badInput, "")
    faults = problems.map { problem in
      problem.description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    if omitted > 0 {
      faults[faults.count - 1].append("and \(Figure.count(omitted, "more fault"))")
    }
    let aboutKeys: Set<TaskError.Code> = [.unknownKey, .notYet, .missing, .wrongValue]
    if problems.contains(where: { aboutKeys.contains($0.code) }) {
      attempts = ["\(keys) | less        all keys, with their defaults"]
    }
    details["problems"] = .array(problems.map(Self.fields))
    if let first = problems.first { details.merge(Self.place(of: first)) { $1 } }
  }

  private static func fields(of problem: TaskError) -> JSON {
    var fields = place(of: problem)
    fields["code"] = .string(problem.code.description)
    fields["message"] = .string(problem.message)
    fields["suggestion"] = problem.suggestion.map { .string($0) }
    return .object(fields)
  }

  private static func place(of problem: TaskError) -> [String: JSON] {
    if let flag = problem.flag { return ["flag": .string(flag)] }
    var place: [String: JSON] = ["file": .string(problem.file)]
    place["line"] = problem.line.map { .integer($0) }
    place["column"] = problem.column.map { .integer($0) }
    return place
  }

  private init(_ error: TableError, readsTask: Bool) {
    self.init(.badInput, error.description)
    switch error.remedy {
    case nil: break
    case .words(let words):
      // A question belongs to what is wrong; anything else is to be tried.
      if words.contains("?") { faults[0].append(words) } else { attempts = [words] }
    case .setting(let words, let setting):
      attempts = ["\(words)  \(readsTask ? "\(setting)  under data in the task" : setting.option)"]
    }
    details["file"] = .string(error.location.file)
    details["line"] = error.location.line.map { .integer($0) }
    details["column"] = error.location.column.map { .integer($0) }
  }

  private static func status(of error: StoreError) -> ExitStatus {
    switch error.code {
    case .cannotWrite: .cannotWrite
    case .busy: .tryLater
    default: .badInput
    }
  }

  private static func status(of error: TrainingError) -> ExitStatus {
    switch error.code {
    case .diverged: .runFailed
    case .stopped: .interrupted
    default: .badInput
    }
  }

  private static func status(of error: EvaluationError) -> ExitStatus {
    switch error.code {
    case .notFinite, .outOfRange: .runFailed
    default: .badInput
    }
  }

  private static func status(of error: FixedPointError) -> ExitStatus {
    switch error.code {
    case .invalid, .overflow: .badInput
    default: .runFailed
    }
  }

  private static func status(of error: WireError) -> ExitStatus {
    switch error.code {
    case .unreachable: .unreachable
    case .invalid: .badInput
    case .tryLater: .tryLater
    default: .refused
    }
  }

  private static func status(of error: RunFailure) -> ExitStatus {
    switch error.code {
    case .noWeight, .overflow, .resume, .unfit: .badInput
    case .unknownQuery, .shape: .bug
    case .cancelled: .interrupted
    case .budget: .refusedByOwner
    default: .runFailed
    }
  }
}

extension TableError.Setting {
  /// As the commands spell it that read a table without a task.
  fileprivate var option: String {
    switch self {
    case .columns: "--columns age,sex,…"
    case .decimal(let mark): "--decimal \(mark.rawValue)"
    case .missingValue(let text): "--missing-values \(Shell.quoted("NA," + text))"
    }
  }
}
