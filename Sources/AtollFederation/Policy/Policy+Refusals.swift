import AtollLearning
import AtollTraining

extension Policy {
  // MARK: Tasks

  /// Why the policy does not allow a task; nil when it does.
  ///
  /// What only the data decide, such as the size of the model, is judged when instructions come.
  ///
  /// - Parameters:
  ///   - task: what is to be learnt.
  ///   - signer: who signed the task; empty where nobody did; nil where that is not judged, as in a rehearsal.
  ///   - usesExternalTrainer: whether a program of the participant's own is to train.
  public func refusal(
    of task: FederatedTask, signedBy signer: String? = nil, usesExternalTrainer: Bool = false
  ) -> Refusal? {
    findings(on: task, signedBy: signer, usesExternalTrainer: usesExternalTrainer).lazy
      .compactMap(\.refusal).first
  }

  /// Everything that a task asks for, held against the policy, in the order of a policy file.
  ///
  /// The parameters are those of ``refusal(of:signedBy:usesExternalTrainer:)``.
  public func findings(
    on task: FederatedTask, signedBy signer: String? = nil, usesExternalTrainer: Bool = false
  ) -> [PolicyFinding] {
    var judgement = PolicyJudgement(self)
    if let signer {
      let words = signer.isEmpty ? "a task that nobody signed" : "a task of “\(signer)”"
      judgement.require("operators", words, [signer], in: operators)
    }
    let kind = task.kind.rawValue
    judgement.require("tasks", "a task of kind \(kind)", [kind], in: tasks)
    let asked = task.questions
    judgement.require(
      "questions",
      asked.count == 1 ? "the question \(asked[0])" : "the questions \(asked.joined(separator: ", "))",
      asked, in: questions)
    judgement.judge(model: task.model.name, parameters: nil)
    var demand = Demand(question: "task")
    if let plan = task.featurePlan {
      demand.add(plan)
      demand.add(task.data.preprocess)
    } else {
      demand.hasNoColumns = true
    }
    judgement.judge(columnsOf: demand)
    if asked.contains("columns") {
      judgement.require("per-site.columns", "a list of the columns", isAllowed: perSite.columns)
    }
    if task.evaluation.perSite {
      judgement.require(
        "per-site.evaluation", "this participant's own figures", isAllowed: perSite.evaluation)
      judgement.require(
        "per-site.details", "counts of its own classes and errors", isAllowed: perSite.details)
    }
    judgement.require("limits.rounds", task.federation.rounds, "round", within: limits.rounds)
    judgement.require("limits.exchanges", task.fewestExchanges, "exchange", within: limits.exchanges)
    if let required = task.fewestContributors { judgement.require(participants: required) }
    if usesExternalTrainer {
      judgement.require("external-trainer", "a program of one's own", isAllowed: externalTrainer)
    }
    judgement.judge(privacyOf: task)
    return judgement.findings
  }

  // MARK: Instructions

  /// Why the policy does not allow an instruction; nil when it does. To be asked before any data are read.
  ///
  /// - Parameters:
  ///   - instruction: what is asked of the participant.
  ///   - run: the run's name, as in `spending`.
  ///   - spending: what was given so far.
  public func refusal(of instruction: Instruction, run: String, after spending: Spending = Spending())
    -> Refusal?
  {
    var judgement = PolicyJudgement(self)
    let demand = instruction.query.demand
    judgement.require("questions", "the question \(demand.question)", [demand.question], in: questions)
    judgement.judge(model: demand.model, parameters: demand.parameters)
    judgement.judge(columnsOf: demand)
    let reply = instruction.query.reply
    if case .individual = reply {
      switch demand.question {
      case "columns":
        judgement.require("per-site.columns", "a list of the columns", isAllowed: perSite.columns)
      case "evaluate":
        judgement.require(
          "per-site.evaluation", "this participant's own figures", isAllowed: perSite.evaluation)
        if demand.details {
          judgement.require(
            "per-site.details", "counts of its own classes and errors", isAllowed: perSite.details)
        }
      default: judgement.require("per-site.replies", "an answer by itself", isAllowed: perSite.replies)
      }
    }
    if case .sums = reply { judgement.require(participants: instruction.required) }
    if demand.round != nil { judgement.judge(privacyOf: instruction) }
    let round = demand.round.map { $0 + 1 }
    // Of a reply with a limit, only a byte is sure; the reply itself is judged when it is there.
    let bytes = if case .sums = reply { reply.byteCount } else { 1 }
    judgement.judge(
      Spending.Amount(rounds: round == nil ? 0 : 1, exchanges: 1, bytes: bytes), on: self, run: run,
      after: spending, round: round)
    return judgement.refusal
  }

  /// Why a model of so many bytes is too large to be fetched; nil when it may not be. How many numbers are in it is judged
  /// with the instruction.
  package func refusal(ofModelOf bytes: Int) -> Refusal? {
    // What comes before the numbers is never longer.
    let numbers = (bytes - 64 << 10) / 4
    guard numbers > 0 else { return nil }
    var judgement = PolicyJudgement(self)
    judgement.judge(model: nil, parameters: numbers)
    return judgement.refusal
  }

  /// Why an answer is too large to leave; nil when it is not. To be asked before it is sent.
  ///
  /// - Parameters:
  ///   - bytes: size of the answer.
  ///   - run: the run's name, as in `spending`.
  ///   - spending: what was given so far, without this answer.
  public func refusal(ofReplyOf bytes: Int, run: String, after spending: Spending) -> Refusal? {
    var judgement = PolicyJudgement(self)
    judgement.judge(Spending.Amount(bytes: bytes), on: self, run: run, after: spending, round: nil)
    return judgement.refusal
  }
}

extension PolicyJudgement {
  /// - Parameter round: the round that is asked for, from 1.
  fileprivate mutating func judge(
    _ amount: Spending.Amount, on policy: Policy, run: String, after spending: Spending, round: Int?
  ) {
    let own = spending[run] + amount
    let all = spending.all + amount
    let limits = policy.limits
    if amount.rounds > 0 {
      require("limits.rounds", max(own.rounds, round ?? 0), "round", within: limits.rounds)
      require("limits.rounds-in-all", all.rounds, "round", within: limits.roundsInAll)
    }
    if amount.exchanges > 0 {
      require("limits.exchanges", own.exchanges, "exchange", within: limits.exchanges)
      require("limits.exchanges-in-all", all.exchanges, "exchange", within: limits.exchangesInAll)
    }
    require("limits.bytes", own.bytes, "byte", within: limits.bytes)
    require("limits.bytes-in-all", all.bytes, "byte", within: limits.bytesInAll)
  }
}

extension FederatedTask {
  /// The questions that a run of the task asks, as policies call them.
  var questions: [String] {
    var questions: [String] = []
    if let plan = featurePlan, declaredPreparation == nil {
      if case .reports? = try? PreprocessingFit(plan, data.preprocess).next() { questions.append("columns") }
      questions.append("statistics")
    }
    if federation.initial == .participants { questions.append("initial-model") }
    return questions + ["train", "evaluate"]
  }

  /// Answers that a round waits for at the least; nil where the task does not say who takes part.
  package var fewestContributors: Int? {
    guard let population = federation.participants?.count ?? data.participantCount else { return nil }
    let cohort = cohortSize(of: population)
    if case .buffered(let size, _) = federation.mode { return min(size, cohort) }
    switch federation.quorum {
    case .fraction(let part): return Completion(quorum: part).required(of: cohort)
    case .count(let count): return min(count, cohort)
    }
  }
}
