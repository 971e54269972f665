import AtollLearning
import AtollNumerics
import AtollTraining

extension ModelArchitecture {
  /// Refuses what a question may say of a model and its examples, and that cannot be: a participant does not trust its
  /// server.
  ///
  /// - Throws: ``RunFailure`` with code `.shape`.
  func check(
    _ model: ParameterSet, _ preparation: Preparation, _ training: LocalTraining?
  ) throws(RunFailure) {
    guard model.layout == self.model.layout, preparation.inputShape == inputShape,
      preparation.classes == classes
    else { throw RunFailure(.shape, "the question's model, its kind and its examples do not go together") }
    guard model.isFinite else { throw RunFailure(.shape, "the question's model is not finite") }
    guard let training else { return }
    do {
      try check(training.loss)
      try training.check(classes: classes)
    } catch {
      throw RunFailure(.shape, "the question's training and its model do not go together")
    }
  }
}
