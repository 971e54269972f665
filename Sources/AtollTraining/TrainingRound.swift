package import AtollNumerics

/// What a round asks of every participant's training, made once for all of them.
package struct TrainingRound: Sendable {
  let start: ParameterSet
  let plan: LocalTraining
  let learningRate: Double
  let classWeights: [Float]?
  let correction: GradientCorrection

  /// - Parameters:
  ///   - start: parameters of the trainer's model.
  ///   - plan: how to train.
  ///   - learningRate: the rate of this round, scheduled.
  ///   - classWeights: one for each class; nil takes those of the plan.
  ///   - correction: what the strategy adds to each gradient.
  package init(
    start: ParameterSet, plan: LocalTraining, learningRate: Double, classWeights: [Float]?,
    correction: GradientCorrection
  ) {
    self.start = start
    self.plan = plan
    self.learningRate = learningRate
    self.classWeights = classWeights
    self.correction = correction
  }
}
