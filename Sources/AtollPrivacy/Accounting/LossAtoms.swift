import AtollNumerics

/// A pair (P, Q) of distributions on finitely many outcomes, sorted by nothing: each with its loss log(P/Q).
struct LossAtoms {
  struct Atom {
    let loss: Double
    /// Its mass under P and under Q.
    let p: Double
    let q: Double
  }
  var atoms: [Atom]
  /// Whether (Q, P) is the same pair, up to names of outcomes.
  var isSymmetric: Bool
  /// Each loss is a multiple of it, where there is such a number.
  var unit: Double?

  /// The worst pair of a mechanism with finitely many outcomes, or with so many that matter.
  init?(_ event: PrivacyEvent, _ relation: NeighboringRelation) {
    switch event.kind {
    case .discreteLaplace(let lambda, let sensitivity):
      self.init(discreteLaplace: lambda, sensitivity: sensitivity)
    case .discreteGaussian(let sigma, let sensitivity) where sigma <= 50_000:
      self.init(discreteGaussian: sigma, sensitivity: sensitivity)
    case .randomizedResponse(let noise, let categories):
      self.init(randomizedResponse: noise, categories: Double(categories), relation)
    default: return nil
    }
  }

  /// Mass tanh(λ/2)·e^(−λ|k|) against the same moved by the sensitivity Δ. Losses are λ(2k − Δ) for 0 < k < Δ, else ±λΔ.
  init(discreteLaplace lambda: Double, sensitivity: Int) {
    let step = Elementary.exp(-lambda)
    let (end, width) = (1 / (1 + step), Double(sensitivity))
    let height = -SpecialFunctions.expm1(-lambda) / (1 + step)
    let far = Elementary.exp(-lambda * width)
    atoms = [
      Atom(loss: -lambda * width, p: far * end, q: end), Atom(loss: lambda * width, p: end, q: far * end),
    ]
    for k in 1..<max(sensitivity, 1) {
      atoms.append(
        Atom(
          loss: lambda * (2 * Double(k) - width), p: height * Elementary.exp(-lambda * (width - Double(k))),
          q: height * Elementary.exp(-lambda * Double(k))))
    }
    isSymmetric = true
    unit = lambda
  }

  /// Mass ∝ e^(−k²/(2σ²)) against the same moved by the sensitivity Δ: the loss at k is Δ(2k − Δ)/(2σ²). Beyond 13 σ
  /// the mass is below 10⁻³⁶, and left out.
  init(discreteGaussian sigma: Double, sensitivity: Int) {
    let reach = Int((13 * sigma).rounded(.up)) + 1
    let scale = 1 / (2 * sigma * sigma)
    func weight(_ k: Int) -> Double { Elementary.exp(-Double(k) * Double(k) * scale) }
    let total = 1 + 2 * (1...reach).reversed().reduce(0) { $0 + weight($1) }
    let width = Double(sensitivity)
    atoms = (-reach...(reach + sensitivity)).map { k in
      Atom(
        loss: width * (2 * Double(k) - width) * scale, p: weight(k - sensitivity) / total,
        q: weight(k) / total)
    }
    isSymmetric = true
    unit = width * scale
  }

  /// Replace-one: the true answer before, the true answer after, all others. Zero-out: the true answer against a uniform
  /// one.
  init(randomizedResponse noise: Double, categories: Double, _ relation: NeighboringRelation) {
    let (lie, truth) = (noise / categories, 1 - noise + noise / categories)
    if relation == .replaceOne {
      let loss = Elementary.log(truth / lie)
      atoms = [Atom(loss: loss, p: truth, q: lie), Atom(loss: -loss, p: lie, q: truth)]
      let rest = (categories - 2) * lie
      if rest > 0 { atoms.append(Atom(loss: 0, p: rest, q: rest)) }
      isSymmetric = true
      unit = loss
    } else {
      atoms = [
        Atom(loss: Elementary.log(truth * categories), p: truth, q: 1 / categories),
        Atom(loss: Elementary.log(noise), p: (categories - 1) * lie, q: 1 - 1 / categories),
      ]
      isSymmetric = false
    }
  }

  /// ((1 − q)·Q + q·P, Q).
  func sampled(rate: Double) -> LossAtoms {
    if rate == 1 { return self }
    let sampling = SampledLoss(rate: rate)
    var result = self
    result.isSymmetric = false
    result.unit = nil
    result.atoms = atoms.map {
      Atom(loss: sampling.loss(of: $0.loss), p: (1 - rate) * $0.q + rate * $0.p, q: $0.q)
    }
    return result
  }

  /// Rényi divergences of the worse direction: log Σ P·e^((α−1)·loss) / (α − 1), and (Q, P) likewise.
  func divergences(_ orders: [Double]) -> [Double] {
    orders.map { order in
      let scale = order - 1
      let forward = SpecialFunctions.logSum(
        atoms.map { $0.p > 0 ? Elementary.log($0.p) + scale * $0.loss : -.infinity })
      if isSymmetric { return max(0, forward / scale) }
      let backward = SpecialFunctions.logSum(
        atoms.map { $0.q > 0 ? Elementary.log($0.q) - scale * $0.loss : -.infinity })
      return max(0, max(forward, backward) / scale)
    }
  }
}
