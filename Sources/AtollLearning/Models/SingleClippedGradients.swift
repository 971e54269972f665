import AtollNumerics

/// Clipping for models of one's own: nothing is known of their layers, so each example's gradient is computed alone.
///
/// The bound is that of ``ClippedGradients``, and holds for whatever the model computes: a gradient is clipped by the norm
/// of the very numbers that are added. Memory is that of one gradient.
final class SingleClippedGradients: GradientClipping {
  let rowsAtOnce = GradientClippingLimits.rows
  private(set) var norms: [Double] = []

  private let model: any Model
  private let kernels: Kernels
  private let count: Int
  private let workspace = Workspace()
  private var single = Buffer<Float>()

  init(_ model: any Model, kernels: Kernels) {
    self.model = model
    self.kernels = kernels
    count = model.layout.count
  }

  func sum(
    of objective: Objective, on batch: Batch, clippingNorm: Double, at parameters: UnsafePointer<Float>,
    into sum: UnsafeMutablePointer<Float>
  ) {
    precondition(batch.rows <= rowsAtOnce, "the sum's rounding is bounded for so many examples only")
    sum.update(repeating: 0, count: count)
    norms.removeAll(keepingCapacity: true)
    let gradient = single.reserve(count)
    for row in 0..<batch.rows {
      gradient.update(repeating: 0, count: count)
      _ = model.addGradient(
        of: objective, on: batch.slice(from: row, count: 1), share: 1, at: parameters, to: gradient,
        using: workspace)
      let norm = kernels.squaredNorm(gradient, count: count).squareRoot()
      norms.append(norm)
      // 0 times infinity would not be 0.
      guard norm.isFinite else { continue }
      kernels.axpy(clippingFactor(norm, clippingNorm), gradient, sum, count: count)
    }
  }
}
