public import AtollFederation
public import AtollLearning
import AtollNumerics
import AtollTraining

/// What participants reach without the federation, and what they would reach with all data in one place: the same
/// training, run as federations of one.
public struct Baselines: Sendable {
  /// One model trained on all training rows put together, evaluated as the federated one; nil where nobody asked for it,
  /// or ``pooledFailure`` tells why there is none.
  public var pooled: FederatedEvaluation?
  /// Why the training on all rows put together came to no model.
  public var pooledFailure: RunFailure?
  /// The model of each participant alone.
  public var local: [ParticipantID: Local]

  /// How good a participant's own model is.
  public struct Local: Sendable {
    /// On the participant's own held-out rows.
    public var own: Evaluation?
    /// On all participants' held-out rows.
    public var all: Evaluation
  }

  /// Mean over the participants of their models' figures on all held-out rows; nil where there are none.
  public var meanLocal: Evaluation? {
    local.isEmpty ? nil : .mean(of: local.sorted { $0.key < $1.key }.map(\.value.all))
  }
}

extension Baselines {
  /// Trains the baselines that a task asks for.
  ///
  /// - Parameters:
  ///   - task: what is learnt, and how.
  ///   - data: all participants' rows.
  ///   - preparation: what the federation agreed on. Of tables only the classes are taken from it: the rest is fitted anew,
  ///     to a participant's own rows or to all.
  ///   - workers: what answers at each participant.
  ///   - options: how the trainings are run; network and contributors count for nothing.
  ///   - done: told how many trainings are done of how many. From any thread.
  public init(
    of task: FederatedTask, data: [ParticipantID: LocalData], preparation: Preparation,
    workers: WorkerRegistry = .training, options: Simulation.Options,
    done: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws {
    let trainer = BaselineTrainer(
      task: task, data: data, preparation: preparation, workers: workers, options: options)
    let wanted = Set(task.evaluation.baselines)
    let sites = wanted.contains(.local) ? data.keys.sorted() : []
    let total = sites.count + (wanted.contains(.pooled) ? 1 : 0)
    local = [:]
    // Examples as the federation made them are not wanted any more.
    for own in data.values { own.derived.drop() }
    for (index, site) in sites.enumerated() {
      local[site] = try trainer.alone(site)
      done(index + 1, total)
    }
    if wanted.contains(.pooled) {
      do {
        pooled = try trainer.pooled()
      } catch let failure as RunFailure where failure.isOfTheData {
        pooledFailure = failure
      }
      done(total, total)
    }
  }
}

private struct BaselineTrainer {
  let task: FederatedTask
  let data: [ParticipantID: LocalData]
  let preparation: Preparation
  let workers: WorkerRegistry
  let options: Simulation.Options

  /// - Returns: nil where a participant cannot train by itself: it has no rows, no column with a value, or its training
  ///   diverges.
  func alone(_ site: ParticipantID) throws -> Baselines.Local? {
    guard let own = data[site], own.trainingCount > 0 else { return nil }
    let model: LearnedModel
    do {
      model = try train([site: own])
    } catch let error as PreparationError where [.noFeatures, .noValues, .scale].contains(error.code) {
      return nil
    } catch let failure as RunFailure where failure.isOfTheData {
      return nil
    }
    let evaluation = try evaluate(model)
    return Baselines.Local(own: evaluation.sites[site], all: evaluation.pooled)
  }

  func pooled() throws -> FederatedEvaluation {
    let everyone: ParticipantID = "pooled"
    return try evaluate(train([everyone: LocalData.joining(data.sorted { $0.key < $1.key }.map(\.value))]))
  }

  /// The task's training with one participant.
  private func train(_ population: [ParticipantID: LocalData]) throws -> LearnedModel {
    let alone = try task.alone(rows: population.values.reduce(0) { $0 + $1.trainingCount })
    // Held-out rows are evaluated afterwards, by the sites; the training looks at them only where it chooses a round.
    let choosesRound = task.evaluation.stopping != nil || task.evaluation.keep == .best
    let population = choosesRound ? population : population.mapValues(\.trainingOnly)
    let program =
      if let preprocessing = preparation.preprocessing {
        try alone.program(label: preprocessing.label)
      } else {
        try alone.program(preparation: preparation)
      }
    return try run(program, on: population)
  }

  /// A model on the held-out rows of all participants, each through the model's own preparation.
  private func evaluate(_ model: LearnedModel) throws -> FederatedEvaluation {
    try run(Evaluating(model: model, task: task, participants: data.count), on: data)
  }

  private func run<Program: FederatedProgram>(
    _ program: Program, on population: [ParticipantID: LocalData]
  ) throws -> Program.Outcome {
    var options = options
    options.contributors = nil
    options.network = PerfectNetwork()
    return try Simulation(
      of: MemoryPopulation(population), workers: workers, store: MemoryRunStore(keepsRecords: false),
      header: ContentHash(of: [UInt8]()), options: options
    ).run(program)
  }
}

extension RunFailure {
  /// Whether the same training on other rows could have gone well: a baseline that fails so is a finding, not a fault.
  fileprivate var isOfTheData: Bool { [.noWeight, .diverged, .outOfRange].contains(code) }
}

/// One evaluation of a given model.
private struct Evaluating: FederatedProgram {
  static let kind = "evaluating"
  private let question: EvaluateQuery
  private var outcome: FederatedEvaluation?

  init(model: LearnedModel, task: FederatedTask, participants: Int) {
    question = EvaluateQuery(
      architecture: model.architecture, model: model.parameters, preparation: model.preparation,
      loss: task.training.loss, metrics: task.evaluation.metrics, participants: participants, perSite: true,
      details: true)
  }

  func next() -> Step<FederatedEvaluation> {
    outcome.map { .finish($0) } ?? .exchange(Exchange(question))
  }

  mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    outcome = try question.evaluation(from: result)
    return StepReport()
  }
}

extension FederatedTask {
  /// The task for one participant of so many rows: everyone in every round, no evaluation but the last.
  ///
  /// Its weight divides out again, but has to fit: a larger cap takes room from the fraction.
  fileprivate func alone(rows: Int) throws -> FederatedTask {
    var changes = ["federation.cohort=1.0", "federation.quorum=1.0", "federation.mode="]
    // What a model would be without noise.
    if privacy != nil { changes.append("privacy=") }
    if case .adaptive = protection.clip { changes.append("protection.clip=") }
    if rows > protection.weightCap {
      let extra = Int((Double(rows) / Double(protection.weightCap)).exponent) + 1
      changes += [
        "protection.weight-cap=\(rows)",
        "protection.fraction-bits=\(max(0, protection.fractionBits - extra))",
      ]
    }
    if evaluation.stopping == nil && evaluation.keep == .last {
      changes.append("evaluation.every=\(federation.rounds)")
    }
    return try setting(changes)
  }
}
