import AtollNumerics

/// The worst pair of one mechanism, to be cut into `LossBins`.
indirect enum LossSource {
  /// Normal noise with that 1/z², on a Poisson sample.
  case normal(precision: Double, rate: Double)
  /// Laplace noise with that largest loss, on a Poisson sample.
  case laplace(loss: Double, rate: Double)
  case atoms(LossAtoms)
  case mixture([(weight: Double, source: LossSource)])

  /// Nil where no worst pair of two distributions is known.
  init?(_ event: PrivacyEvent, _ relation: NeighboringRelation) {
    if let precision = event.gaussianPrecision {
      self = .normal(precision: precision, rate: 1)
      return
    }
    if let truncated = TruncatedPoissonGaussian(event) {
      self = .mixture(
        truncated.parts.map { ($0.weight, .normal(precision: $0.precision, rate: $0.rate)) })
      return
    }
    let (rate, inner) = event.flattenedSample
    if let precision = inner.gaussianPrecision {
      self = .normal(precision: precision, rate: rate)
    } else if case .laplace(let scale) = inner.kind {
      self = .laplace(loss: 1 / scale, rate: rate)
    } else if let atoms = LossAtoms(inner, relation) {
      self = .atoms(atoms.sampled(rate: rate))
    } else {
      return nil
    }
  }

  /// Whether (Q, P) is the same pair.
  var isSymmetric: Bool {
    switch self {
    case .normal(_, let rate), .laplace(_, let rate): rate == 1
    case .atoms(let atoms): atoms.isSymmetric
    case .mixture(let parts): parts.allSatisfy(\.source.isSymmetric)
    }
  }

  /// Losses of which it has multiples only (or ends there): borders of bins should lie on them.
  var unit: Double? {
    switch self {
    case .laplace(let loss, 1): loss
    case .atoms(let atoms): atoms.unit
    default: nil
    }
  }

  /// All its losses, but for a mass below 10⁻²³ under P and under Q.
  var range: ClosedRange<Double> {
    switch self {
    case .normal(let precision, let rate):
      let reach = precision / 2 + 10 * precision.squareRoot()
      return sampled(reach, rate)
    case .laplace(let loss, let rate): return sampled(loss, rate)
    case .atoms(let atoms):
      let losses = atoms.atoms.map(\.loss)
      return (losses.min() ?? 0)...(losses.max() ?? 0)
    case .mixture(let parts):
      let ranges = parts.map(\.source.range)
      return (ranges.map(\.lowerBound).min() ?? 0)...(ranges.map(\.upperBound).max() ?? 0)
    }
  }

  private func sampled(_ reach: Double, _ rate: Double) -> ClosedRange<Double> {
    let sampling = SampledLoss(rate: rate)
    return sampling.loss(of: -reach)...sampling.loss(of: reach)
  }

  func bins(step: Double) -> LossBins {
    switch self {
    case .normal(let precision, let rate):
      let shift = precision.squareRoot()
      let reach = precision / 2 + 10 * shift
      // Without sampling, the loss is normal with mean ±1/(2z²) under P and Q, and deviation 1/z.
      func split(_ x: Double) -> (below: Double, above: Double) {
        let tail = SpecialFunctions.normalTail(x.magnitude)
        return x < 0 ? (tail, 1 - tail) : (1 - tail, tail)
      }
      return LossBins(range: -reach...reach, sampling: SampledLoss(rate: rate), step: step) { loss in
        LossBins.Border(
          p: split((loss - precision / 2) / shift), q: split((loss + precision / 2) / shift))
      }
    case .laplace(let end, let rate):
      // Without sampling: half of P lies at the largest loss, half of Q at the smallest, exponentials between.
      return LossBins(range: -end...end, sampling: SampledLoss(rate: rate), step: step) { loss in
        if loss <= -end * (1 + 1e-12) { return LossBins.Border(p: (0, 1), q: (0, 1)) }
        if loss > end * (1 + 1e-12) { return LossBins.Border(p: (1, 0), q: (1, 0)) }
        let p = 0.5 * Elementary.exp(min(0, (loss - end) / 2))
        let q = 0.5 * Elementary.exp(min(0, -(loss + end) / 2))
        // At the smallest loss itself nothing lies below yet.
        return loss <= -end * (1 - 1e-12)
          ? LossBins.Border(p: (0, 1), q: (0, 1)) : LossBins.Border(p: (p, 1 - p), q: (1 - q, q))
      }
    case .atoms(let atoms): return LossBins(atoms.atoms, step: step)
    case .mixture(let parts):
      return LossBins(mixture: parts.map { ($0.weight, $0.source.bins(step: step)) })
    }
  }
}
