/// Plain gradient descent of one network on one thread, with the memory that its steps need.
///
/// A class, so that a step copies nothing: with tiny models and batches, counting references to the network and laying
/// out its memory anew would take longer than the arithmetic.
package final class NetworkDescent {
  private let network: Network
  private let workspace = Workspace()
  /// That of the step before: nearly all batches have the same number of rows.
  private var memory: Network.Memory?

  /// Descent of a network.
  package init(_ network: Network) { self.network = network }

  /// The most rows of one batch.
  package var rowsAtOnce: Int { network.rowsAtOnce }

  /// Refuses a loss that the network has no use for.
  package func check(_ loss: Loss) throws(ModelError) { try network.architecture.check(loss) }

  /// Refuses examples of another shape, targets of another kind, and classes out of range.
  package func check(_ dataset: Dataset) throws(ModelError) { try network.architecture.check(dataset) }

  /// One step, with the gradient of fully connected layers added to their weights as it is computed: it is never stored,
  /// which saves half of the traffic to memory. Rounds otherwise than a gradient that is added up first.
  ///
  /// - Parameters:
  ///   - share: what each example's loss is multiplied by.
  ///   - rate: how far to go.
  ///   - parameters: changed.
  ///   - spare: as many numbers of memory as there are parameters.
  /// - Returns: Σ of the weighted losses before the step.
  /// - Precondition: `batch.rows <= rowsAtOnce`.
  package func step(
    _ objective: Objective, on batch: Batch, share: Float, rate: Float,
    at parameters: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>
  ) -> Double {
    precondition(
      batch.rows <= network.rowsAtOnce,
      "the gradient of a piece must not be taken at the next piece's weights")
    let memory = memory(rows: batch.rows)
    let sum = network.losses(
      of: objective, on: batch, share: share, at: parameters, memory: memory, slopes: true)
    network.backward(
      batch, at: parameters, memory: memory, to: .parameters(parameters, rate: rate, spare: spare))
    return sum
  }

  private func memory(rows: Int) -> Network.Memory {
    if let memory, memory.rows == rows { return memory }
    // Valid until the next one: nobody else asks this workspace for room.
    let memory = Network.Memory(for: network, rows: rows, in: workspace)
    self.memory = memory
    return memory
  }
}
