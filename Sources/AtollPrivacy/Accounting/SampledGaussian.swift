import AtollNumerics

/// Rényi divergence of Poisson-sampled normal noise, exactly, at whole and at other orders
/// (Mironov, Talwar & Zhang 2019, arXiv:1908.10530).
///
/// D_α = log(A)/(α − 1) with A = E[(1 + u)^α], u = q·(e^((2x − 1)/(2z²)) − 1), x normal with deviation z; this direction
/// is the worse one (Theorem 5). As E[u] = 0, A − 1 = E[(1 + u)^α − 1 − αu], a mean of terms that are never negative, so
/// that small divergences keep their digits.
///
/// Deviation: section 3.3 sums a series of alternating signs at orders that are not whole, which loses digits (and
/// bounds with absolute values are up to 4 % loose). Here the mean is integrated by the trapezoidal rule, whose error
/// for a function analytic in the strip |Im x| < πz² falls as e^(−2π·πz²/h) (Trefethen & Weideman 2014).
struct SampledGaussian {
  let rate: Double
  /// 1/z².
  let precision: Double

  func divergences(_ orders: [Double]) -> [Double] {
    if rate == 1 { return orders.map { $0 * precision / 2 } }
    let highest = orders.filter { $0 != $0.rounded() }.max()
    // With hardly any noise a rule would need too many points; the chord between whole orders lies above
    // (α − 1)·D_α, which is convex.
    let isIntegrable = precision.squareRoot() <= 50
    let nodes = isIntegrable ? highest.map { self.nodes(upTo: $0) } ?? [] : []
    return orders.map { order in
      if !isIntegrable, order != order.rounded() {
        return RenyiDivergence.interpolated(order) { whole in
          whole == 1 ? 0 : (whole - 1) * divergences([whole])[0]
        } / (order - 1)
      }
      let logExcess = order == order.rounded() ? whole(Int(order)) : fractional(order, nodes)
      return (logExcess > 36 ? logExcess : SpecialFunctions.log1p(Elementary.exp(logExcess))) / (order - 1)
    }
  }

  /// log(A − 1) by the binomial sum: Σ_{k ≥ 2} C(α, k)·q^k·(1 − q)^(α−k)·(e^((k² − k)/(2z²)) − 1).
  private func whole(_ order: Int) -> Double {
    let (inside, outside) = (Elementary.log(rate), SpecialFunctions.log1p(-rate))
    return SpecialFunctions.logSum(
      (2...order).map { k in
        let exponent = Double(k) * Double(k - 1) / 2 * precision
        let growth = exponent > 36 ? exponent : Elementary.log(SpecialFunctions.expm1(exponent))
        return SpecialFunctions.logBinomial(order, k) + Double(k) * inside + Double(order - k) * outside
          + growth
      })
  }

  private struct Node {
    /// The logarithm of the normal density times the step.
    let logWeight: Double
    let u: Double
    let logRatio: Double
  }

  /// From ten deviations below the mean to ten above where the integrand of the highest order peaks.
  private func nodes(upTo order: Double) -> [Node] {
    let shift = precision.squareRoot()
    let step = min(0.2, 0.25 / shift)
    let count = Int((20 + order * shift) / step)
    let sampling = SampledLoss(rate: rate)
    return (0...count).map { index in
      let w = Double(index) * step - 10
      let loss = shift * w - precision / 2
      return Node(
        logWeight: -w * w / 2 - 0.918938533204672741780 + Elementary.log(step),
        u: rate * SpecialFunctions.expm1(loss), logRatio: sampling.loss(of: loss))
    }
  }

  /// log(A − 1) by quadrature.
  private func fractional(_ order: Double, _ nodes: [Node]) -> Double {
    SpecialFunctions.logSum(
      nodes.map { node in
        let linear = order * node.u
        if linear.magnitude < 0.05 {
          // The binomial series from its second term on.
          var (term, sum, k) = (linear, 0.0, 1.0)
          while term.magnitude > sum.magnitude * 1e-17 || k < 3 {
            term *= node.u * (order - k) / (k + 1)
            sum += term
            k += 1
            if k > 64 { break }
          }
          return node.logWeight + (sum > 0 ? Elementary.log(sum) : -.infinity)
        }
        let power = order * node.logRatio
        if power > 600 {
          let rest = Elementary.exp(Elementary.log(order) + node.logRatio - power)
          return node.logWeight + power + SpecialFunctions.log1p(-rest)
        }
        let excess = SpecialFunctions.expm1(power) - linear
        return node.logWeight + (excess > 0 ? Elementary.log(excess) : -.infinity)
      })
  }
}
