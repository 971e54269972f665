public import AtollFederation
import AtollLearning
public import AtollNumerics
import AtollStore
public import AtollTraining
import FoundationEssentials

/// Trains with a program of the participant's own, in whatever language: `python train.py`.
///
/// For each round the program is started anew, with a folder as its one argument, in which it finds the global model, the
/// participant's examples and an instruction, and leaves the trained model. The contract is in
/// `Documentation/ExternalTrainer.md`.
///
/// What the program does cannot be checked: no privacy of single records is ever claimed for it. Its result is checked
/// like any update: finite, of the model's shape, within the task's range.
public struct ExternalTrainer: Trainer {
  /// What one training may take.
  public struct Limits: Hashable, Sendable {
    /// Time from its start to its end.
    public var time: Duration
    /// Bytes of memory that each of its processes may allocate; nil: as many as the system gives.
    public var memory: Int?

    /// - Precondition: time and memory are positive.
    public init(time: Duration = .seconds(600), memory: Int? = nil) {
      precondition(time > .zero && memory ?? 1 > 0, "a limit leaves something")
      self.time = time
      self.memory = memory
    }
  }

  /// The version of the contract, told in each instruction.
  public static let contract = 1

  /// The command line, as a shell reads it.
  public let command: String
  /// What one training may take.
  public let limits: Limits

  /// - Parameters:
  ///   - command: the command line, as a shell reads it; it is started where this process was.
  ///   - limits: what one training may take.
  public init(_ command: String, limits: Limits = Limits()) {
    self.command = command
    self.limits = limits
  }

  public var externalCommand: String? { command }

  public func train(_ work: TrainingWork) throws -> TrainedModel {
    let (parameters, metrics) = try result(of: work, wanting: .model)
    return TrainedModel(
      parameters: parameters, steps: metrics.steps ?? 1, examples: work.examples.count,
      meanLoss: metrics.loss ?? .nan)
  }

  public func gradient(_ work: TrainingWork) throws -> ParameterSet {
    try result(of: work, wanting: .gradient).0
  }

  private func result(
    of work: TrainingWork, wanting wanted: TrainerInstruction.Wanted
  ) throws -> (ParameterSet, TrainerMetrics) {
    let folder = try WorkFolder()
    defer { folder.remove() }
    try TrainerInstruction(work, wanted: wanted).write(to: folder, work)
    let ended = try ChildProcess(command: command, argument: folder.path, memory: limits.memory)
      .run(for: limits.time, isCancelled: { work.isCancelled })
    func failure(
      _ what: String, _ code: RunFailure.Code = .worker, hint: String? = nil
    ) -> RunFailure {
      RunFailure(
        code, "the trainer “\(command.prefix(60))” \(what), in round \(work.round + 1)", hint: hint,
        local: ended.lastLines)
    }
    switch ended.reason {
    case .cancelled: throw RunFailure(.cancelled, "the run was stopped")
    case .timedOut:
      throw failure(
        "was ended after \(limits.time.inWords), the most that it may take", hint: "a longer time limit")
    case .exited(127): throw failure("cannot be started: no such command (exit code 127)")
    case .exited(126): throw failure("cannot be started: it is no program (exit code 126)")
    case .exited(let code) where code > 128: throw failure("was killed by signal \(code - 128)")
    case .exited(let code) where code != 0: throw failure("ended with exit code \(code)")
    case .killed(let signal): throw failure("was killed by signal \(signal)")
    case .exited: break
    }
    do {
      let metrics = try TrainerMetrics.read(in: folder)
      try metrics.check(against: work.correction)
      return (try TrainerResult.read(in: folder, like: work.start.layout), metrics)
    } catch let fault as TrainerFault {
      throw failure(fault.message, fault.isDivergence ? .diverged : .worker, hint: fault.hint)
    }
  }
}

/// What is wrong with what a program left: completes “the trainer …”.
struct TrainerFault: Error {
  let message: String
  var hint: String?
  var isDivergence = false

  init(_ message: String, hint: String? = nil, isDivergence: Bool = false) {
    self.message = message
    self.hint = hint
    self.isDivergence = isDivergence
  }
}

extension Duration {
  /// `90 s`, `1.5 s`
  fileprivate var inWords: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(Figure.fixed(seconds, 1)) s"
  }
}
