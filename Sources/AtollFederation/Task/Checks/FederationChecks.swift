import AtollLearning
import AtollNumerics
import AtollTraining

extension TaskResolver {
  mutating func checkFederation(_ federation: FederationPlan, training: LocalTraining, data: DataPlan) {
    checkPopulation(federation, data: data)
    switch federation.strategy {
    case .fedSGD:
      if training.amount != .epochs(1), training.amount != .steps(1) {
        conflict(
          "fedsgd takes one step a round", at: "training.local-epochs", "training.local-steps",
          suggestion: "remove the key, or take fedavg")
      }
      if training.optimizer != .sgd() {
        conflict(
          "fedsgd sends plain gradients; it has no optimizer", at: "training.optimizer",
          suggestion: "remove the key, or take fedavg")
      }
    case .scaffold:
      if training.optimizer != .sgd() {
        conflict(
          "scaffold corrects plain gradient steps", at: "training.optimizer",
          suggestion: "take sgd without momentum")
      }
    default: break
    }
  }

  private mutating func checkPopulation(_ federation: FederationPlan, data: DataPlan) {
    if let named = federation.participants {
      refuseRepetitions(named, in: "federation.participants")
      if let known = data.participantNames {
        for (index, name) in named.enumerated() where !known.contains(name) {
          conflict(
            "federation.participants names “\(name.shortened)”, who is not among data.participants",
            at: "federation.participants[\(index)]",
            suggestion: nearest(to: name, among: known).map { "did you mean \($0)?" })
        }
      }
    }
    guard let population = federation.participants?.count ?? data.participantCount else { return }
    let people = "\(population) participant\(population == 1 ? "" : "s")"
    if case .count(let cohort) = federation.cohort, cohort > population {
      conflict("a cohort of \(cohort), but there are \(people)", at: "federation.cohort")
    }
    // Of a secret sample nobody is told how many answered: who is there before it is drawn must be enough.
    let cohort =
      if case .poisson = federation.cohort { population } else { federation.cohort.count(of: population) }
    if case .count(let quorum) = federation.quorum, quorum > cohort {
      conflict("a quorum of \(quorum), but \(cohort) are asked in a round", at: "federation.quorum")
    }
    if case .buffered(let size, _) = federation.mode, size > population {
      conflict("a buffer of \(size), but there are \(people)", at: "federation.mode.size", "federation.mode")
    }
  }

  /// Proves that no sum can overflow.
  mutating func checkProtection(_ protection: ProtectionPlan, federation: FederationPlan, data: DataPlan) {
    let population = federation.participants?.count ?? data.participantCount ?? 1
    do throws(FixedPointError) {
      let format = try FixedPoint(
        fractionBits: protection.fractionBits, bound: protection.clip?.initial ?? protection.range,
        weightCap: protection.weightCap)
      // The buffered mode may hold an update of everyone at once.
      try format.proveNoOverflow(participants: population)
    } catch {
      conflict(
        "sums could overflow: \(error.message)",
        at: protection.clip == nil ? "protection.range" : "protection.clip",
        "protection.fraction-bits", "protection.weight-cap", "protection",
        suggestion: "lower range or clip, fraction-bits or weight-cap")
    }
  }

  /// The section `evaluation`, with metrics that follow from kind and model.
  mutating func evaluation(
    kind: FederatedTask.Kind, model: ModelKind, training: LocalTraining, data: DataPlan
  ) -> EvaluationPlan {
    let written = draft.evaluation
    let standard: [Metric] =
      switch kind {
      case .regression: [.rmse, .mae, .r2]
      case .classification:
        model == .softmax || data.isImages ? [.accuracy, .loss] : [.accuracy, .auc, .loss]
      }
    let evaluation = EvaluationPlan(
      every: written.every, metrics: written.metrics ?? standard, baselines: written.baselines,
      perSite: written.perSite, stopping: written.stopping, keep: written.keep)
    refuseRepetitions(evaluation.metrics.map(\.rawValue), in: "evaluation.metrics")
    refuseRepetitions(evaluation.baselines.map(\.rawValue), in: "evaluation.baselines")
    for (index, metric) in evaluation.metrics.enumerated() {
      if metric.kind != nil, metric.kind != kind {
        conflict("\(metric.rawValue) is no figure of \(kind.rawValue)", at: "evaluation.metrics[\(index)]")
      } else if metric.wantsProbabilities, training.loss != .crossEntropy {
        conflict(
          "\(metric.rawValue) needs probabilities, which a model trained with a hinge loss does not give",
          at: "evaluation.metrics[\(index)]", suggestion: "take accuracy, auc or loss")
      }
    }
    if let stopping = evaluation.stopping, !evaluation.metrics.contains(stopping.metric) {
      conflict(
        "stopping watches \(stopping.metric.rawValue), which is not among evaluation.metrics",
        at: "evaluation.stopping.metric", "evaluation.stopping")
    }
    if data.test == .fraction(0), evaluation.stopping != nil || evaluation.keep == .best {
      conflict(
        "nothing is held out (data.test is 0), so there is nothing to tell a better model by",
        at: "evaluation.stopping",
        "evaluation.keep")
    }
    return evaluation
  }
}

extension Metric {
  /// The only kind of task it is a figure of; nil: any.
  fileprivate var kind: FederatedTask.Kind? {
    switch self {
    case .loss: nil
    case .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1, .logLoss, .calibrationError:
      .classification
    case .rmse, .mae, .r2: .regression
    }
  }

  fileprivate var wantsProbabilities: Bool { self == .logLoss || self == .calibrationError }
}
