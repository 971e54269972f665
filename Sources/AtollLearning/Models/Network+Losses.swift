public import AtollNumerics

extension Network {
  /// The loss of each example, without class weights and penalties.
  ///
  /// - Precondition: the examples have the shape and the targets that the model was built for.
  public func losses(
    _ loss: Loss, on dataset: Dataset, at parameters: ParameterSet, using workspace: Workspace
  ) -> [Float] {
    precondition(parameters.layout == layout, "the parameters are this model's")
    let objective = Objective(loss)
    return [Float](unsafeUninitializedCapacity: dataset.count) { result, count in
      parameters.values.withUnsafeBufferPointer { parameters in
        dataset.withBatch { batch in
          for start in stride(from: 0, to: batch.rows, by: rowsAtOnce) {
            let piece = batch.slice(from: start, count: min(rowsAtOnce, batch.rows - start))
            let memory = Memory(for: self, rows: piece.rows, in: workspace)
            // Safe because a model has parameters, and there is a row.
            _ = losses(
              of: objective, on: piece, share: 0, at: parameters.baseAddress!, memory: memory, slopes: false)
            (result.baseAddress! + start).initialize(from: memory.losses, count: piece.rows)
          }
        }
      }
      count = dataset.count
    }
  }
}
