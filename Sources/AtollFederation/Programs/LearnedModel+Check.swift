public import AtollLearning

extension LearnedModel {
  /// Refuses a model whose parts do not go together, as one that was made or changed by hand may be.
  public func check() throws(ModelError) {
    func refuse(_ message: String) -> ModelError { ModelError(.data, message) }
    let inputs = architecture.inputShape
    if let preprocessing = preparation.preprocessing {
      guard inputs == [preprocessing.outputCount] else {
        throw refuse(
          "its features make \(preprocessing.outputCount) inputs, and the model takes the shape \(inputs)")
      }
      guard architecture.classes == preprocessing.label.classCount else {
        throw refuse("its label has not the classes that the model predicts")
      }
      guard (preprocessing.target == nil) == (architecture.classes != nil) else {
        throw refuse("a label of numbers has a unit, and no other has one")
      }
    }
    guard preparation.inputShape == inputs, preparation.classes == architecture.classes else {
      throw refuse("its data have not the shape or the classes that the model is made for")
    }
    guard (0...rounds).contains(round) else {
      throw refuse("it comes from round \(round) of \(rounds)")
    }
  }
}
