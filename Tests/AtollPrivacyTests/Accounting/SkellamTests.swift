import AtollNumerics
import Testing

@testable import AtollPrivacy

@Suite struct `Skellam noise` {
  /// log of e^(−μ)·I_k(μ), the mass at k of a Skellam variable with variance μ, by the integral
  /// I_k(μ) = ∫₀^1 e^(μ·cos πt)·cos(kπt) dt, which the trapezoidal rule gives to full precision.
  private func masses(_ variance: Double, upTo reach: Int) -> [Double] {
    let count = 4 * reach
    return (0...reach).map { k in
      var sum = 0.0
      for i in 0...count {
        let t = Double(i) / Double(count)
        let weight = i == 0 || i == count ? 0.5 : 1.0
        let angle = (Double(k) * t).truncatingRemainder(dividingBy: 2)
        sum += weight * Elementary.exp(variance * (Elementary.cosPi(t) - 1)) * Elementary.cosPi(angle)
      }
      return sum / Double(count)
    }
  }

  @Test(arguments: [(20.0, 1), (20.0, 3), (100.0, 1), (100.0, 5)])
  func `the bound lies above the divergence, and near it`(_ variance: Double, _ shift: Int) throws {
    // Where masses are far above the rounding of the sum.
    let reach = Int(6 * variance.squareRoot()) + shift
    let mass = masses(variance, upTo: reach + shift)
    let event = try PrivacyEvent(
      .skellam(variance: variance, l1Sensitivity: Double(shift), l2Sensitivity: Double(shift)))
    for order in [1.5, 2, 3, 4.5] {
      // What is left out would only add.
      var sum = 0.0
      for k in -reach...reach {
        let (p, q) = (mass[(k - shift).magnitude < mass.count ? abs(k - shift) : 0], mass[abs(k)])
        if abs(k - shift) < mass.count, p > 1e-12, q > 1e-12 {
          sum += q * Elementary.pow(p / q, order)
        }
      }
      let exact = Elementary.log(sum) / (order - 1)
      let bound = try RenyiAccountant.standard.divergence(of: event, order: order, relation: .addOrRemoveOne)
      #expect(bound >= exact * (1 - 1e-6), "\(order)")
      #expect(bound < exact * 1.5, "\(order)")
    }
  }

  @Test func `much noise is like normal noise`() throws {
    let skellam = try PrivacyEvent(.skellam(variance: 1e8, l1Sensitivity: 100, l2Sensitivity: 10))
    let gaussian = try PrivacyEvent(.gaussian(noiseMultiplier: 1000))
    for order in [2.0, 3, 10, 32] {
      let found = try RenyiAccountant.standard.divergence(
        of: skellam, order: order, relation: .addOrRemoveOne)
      let expected = try RenyiAccountant.standard.divergence(
        of: gaussian, order: order, relation: .addOrRemoveOne)
      #expect(found >= expected && distance(found, expected) < 1e-5)
    }
  }
}
