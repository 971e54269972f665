import AtollLearning

extension FederatedTask {
  /// Refuses rows of which more are held out than can be evaluated exactly.
  ///
  /// - Throws: ``RunFailure`` with code `.unfit`.
  package func checkHeldOutRows(of data: LocalData, participant: ParticipantID) throws(RunFailure) {
    let cap = EvaluationSums.usualRowCap
    guard data.heldOutCount > cap else { return }
    throw RunFailure(
      .unfit,
      "\(participant) has \(grouped(data.heldOutCount)) held-out rows, and at most \(grouped(cap)) can be evaluated",
      hint: "a smaller data.test")
  }

  /// Refuses rows of which more are trained on than a weight can count.
  ///
  /// - Throws: ``RunFailure`` with code `.unfit`.
  package func checkTrainingRows(of data: LocalData, participant: ParticipantID) throws(RunFailure) {
    let cap = protection.weightCap
    guard federation.strategy.weighting == .rows, data.trainingCount > cap else { return }
    throw RunFailure(
      .unfit,
      "\(participant) has \(grouped(data.trainingCount)) training rows, and a weight is at most \(grouped(cap))",
      hint: "a larger protection.weight-cap")
  }
}
