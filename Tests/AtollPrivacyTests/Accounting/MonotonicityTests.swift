import AtollPrivacy
import Testing

/// What must hold of any accounting.
@Suite struct `ε moves the right way` {
  // A coarser grid than usual, which is quicker.
  static let coarse = try! LossDistributionAccountant(interval: 1e-3)  // Safe because it lies in the range.
  static let accountants: [any PrivacyAccountant] = [coarse, RenyiAccountant.standard]

  private func epsilon(
    _ accountant: any PrivacyAccountant, _ rate: Double, _ noise: Double, _ steps: Int, _ delta: Double = 1e-5
  ) throws -> Double {
    try accountant.epsilon(
      of: sampledGaussian(rate, noise, steps), delta: delta, relation: .addOrRemoveOne
    ).upper
  }

  private func rises(_ values: [Double]) -> Bool { zip(values, values.dropFirst()).allSatisfy { $0 < $1 } }

  @Test func `more steps, more often, with less noise, at a smaller δ: more`() throws {
    for accountant in Self.accountants {
      #expect(rises(try [1, 10, 1000].map { try epsilon(accountant, 0.02, 1, $0) }))
      #expect(rises(try [0.01, 0.1, 0.99, 1].map { try epsilon(accountant, $0, 1, 50) }))
      #expect(rises(try [8, 2, 0.5].map { try epsilon(accountant, 0.05, $0, 50) }))
      #expect(rises(try [1e-2, 1e-5, 1e-9, 1e-11].map { try epsilon(accountant, 0.05, 1, 50, $0) }))
    }
  }

  @Test func `loss distributions are at least as tight as Rényi's divergences`() throws {
    for (rate, noise, steps) in [(0.001, 0.7, 5000), (0.03, 0.6, 30), (0.3, 3, 100), (1, 2, 7)] {
      let pld = try epsilon(Self.coarse, rate, noise, steps)
      #expect(pld < (try epsilon(RenyiAccountant.standard, rate, noise, steps)))
    }
  }

  @Test func `δ for ε is the way back`() throws {
    let event = try sampledGaussian(0.02, 0.9, 300)
    for accountant in Self.accountants {
      let epsilon = try accountant.epsilon(of: event, delta: 1e-6, relation: .addOrRemoveOne)
      let delta = try accountant.delta(of: event, epsilon: epsilon.upper, relation: .addOrRemoveOne)
      #expect(distance(delta.upper, 1e-6) < 1e-6)
    }
    let laplace = try repeated(PrivacyEvent(.laplace(scale: 3)), 5)
    let gaussian = try PrivacyEvent(.gaussian(noiseMultiplier: 0.7))
    for (accountant, event) in [
      (GaussianAccountant() as any PrivacyAccountant, gaussian), (ConcentratedAccountant(), gaussian),
      (LossDistributionAccountant.standard, laplace), (ConcentratedAccountant(), laplace),
    ] {
      let epsilon = try accountant.epsilon(of: event, delta: 1e-4, relation: .replaceOne).upper
      let delta = try accountant.delta(of: event, epsilon: epsilon, relation: .replaceOne).upper
      #expect(distance(delta, 1e-4) < 1e-3)
      #expect(delta <= 1e-4 * (1 + 1e-9))
    }
  }

  @Test func `order and grouping of compositions do not matter`() throws {
    let gaussian = try sampledGaussian(0.1, 1, 20)
    let laplace = try PrivacyEvent(.laplace(scale: 4))
    let orders = [
      try PrivacyEvent(.composed([gaussian, laplace, laplace])),
      try PrivacyEvent(.composed([laplace, PrivacyEvent(.composed([laplace, gaussian]))])),
      try PrivacyEvent(.composed([repeated(laplace, 2), gaussian])),
    ]
    for accountant in Self.accountants {
      let found = try orders.map {
        try accountant.epsilon(of: $0, delta: 1e-5, relation: .addOrRemoveOne).upper
      }
      #expect(distance(found[1], found[0]) < 1e-9 && distance(found[2], found[0]) < 1e-9)
    }
  }

  @Test func `truncation of samples costs, and less the rarer it is`() throws {
    let gaussian = try PrivacyEvent(.gaussian(noiseMultiplier: 1))
    for accountant in Self.accountants {
      let found = try [1000, 150, 110].map { limit in
        try accountant.epsilon(
          of: repeated(
            PrivacyEvent(
              .truncatedPoissonSampled(datasetSize: 10_000, rate: 0.01, limit: limit, gaussian)), 100),
          delta: 1e-6, relation: .addOrRemoveOne
        ).upper
      }
      let plain = try epsilon(accountant, 0.01, 1, 100, 1e-6)
      #expect(distance(found[0], plain) < 1e-6)
      #expect(zip(found.dropFirst(), found.dropFirst(2)).allSatisfy { $0 < $1 })
    }
  }
}
