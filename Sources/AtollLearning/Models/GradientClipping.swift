package import AtollNumerics

/// Adds up gradients of single examples, each clipped by itself, with the error that ``ClippedGradients`` has a bound for.
package protocol GradientClipping: AnyObject {
  /// The most examples of one batch, at most ``GradientClippingLimits/rows``.
  var rowsAtOnce: Int { get }

  /// The norms of the gradients of the last batch's examples, before clipping.
  var norms: [Double] { get }

  /// Clips and adds.
  ///
  /// - Parameters:
  ///   - objective: loss and class weights; these multiply before clipping.
  ///   - batch: at most ``rowsAtOnce`` examples.
  ///   - clippingNorm: C.
  ///   - parameters: where the gradients are taken.
  ///   - sum: overwritten with Σ min(1, C / ‖gᵢ‖)·gᵢ, as many numbers as there are parameters.
  func sum(
    of objective: Objective, on batch: Batch, clippingNorm: Double, at parameters: UnsafePointer<Float>,
    into sum: UnsafeMutablePointer<Float>
  )
}

/// What the rounding of clipped sums is bounded by.
package enum GradientClippingLimits {
  /// Examples that are added in floating point, one after the other.
  package static let rows = 64
}

/// Clipping for a model, the fastest that it allows.
package func gradientClipping(of model: any Model, kernels: Kernels) -> any GradientClipping {
  if let network = model as? Network { return ClippedGradients(network) }
  return SingleClippedGradients(model, kernels: kernels)
}

/// min(1, C / norm), never rounded up; 0 for what has no norm.
func clippingFactor(_ norm: Double, _ clippingNorm: Double) -> Float {
  guard norm.isFinite else { return 0 }
  return norm <= clippingNorm ? 1 : Float(towardsZero: clippingNorm / norm)
}

extension Float {
  /// The float nearest to a number among those that are not larger in size.
  init(towardsZero number: Double) {
    let nearest = Float(number)
    // A pattern less by one is the next float towards zero.
    let isLarger = Double(nearest).magnitude > number.magnitude
    self = isLarger ? Float(bitPattern: nearest.bitPattern - 1) : nearest
  }
}
