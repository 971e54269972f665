import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Clopper and Pearson's bounds` {
  /// By quantiles of the beta distribution of SciPy 1.17.1.
  @Test(arguments: [
    (0, 10, 0.975, 0, 0.3084971078187607), (5, 10, 0.975, 0.18708602844739855, 0.8129139715526015),
    (10, 100, 0.975, 0.04900468922148596, 0.17622259774002266),
    (3, 100_000, 0.999, 1.9053510140953143e-06, 0.0001306158361956854),
    (99_990, 100_000, 0.95, 0.9998303837123736, 0.9999457449733105),
    (500_000, 1_000_000, 0.9999995, 0.4975536960126268, 0.5024463039873732),
    (1, 7, 0.6, 0.07037601250121873, 0.26851281581467124),
  ])
  func `are those of the beta distribution`(
    _ hits: Int, _ trials: Int, _ confidence: Double, _ lower: Double, _ upper: Double
  ) {
    let found = (
      ClopperPearson.lower(hits: hits, of: trials, confidence: confidence),
      ClopperPearson.upper(hits: hits, of: trials, confidence: confidence)
    )
    #expect(abs(found.0 - lower) <= 1e-9 * lower && abs(found.1 - upper) <= 1e-9 * upper, "\(found)")
  }

  @Test func `have closed forms where all or none happened`() {
    for (trials, confidence) in [(1, 0.9), (37, 0.99), (100_000, 0.999_999)] {
      let root = pow(1 - confidence, 1 / Double(trials))
      #expect(abs(ClopperPearson.lower(hits: trials, of: trials, confidence: confidence) - root) < 1e-12)
      #expect(abs(ClopperPearson.upper(hits: 0, of: trials, confidence: confidence) - (1 - root)) < 1e-12)
      #expect(ClopperPearson.lower(hits: 0, of: trials, confidence: confidence) == 0)
      #expect(ClopperPearson.upper(hits: trials, of: trials, confidence: confidence) == 1)
    }
  }

  /// Over all numbers of hits, for a grid of probabilities.
  @Test(arguments: [1, 2, 9, 40])
  func `hold with their confidence, whatever the probability`(_ trials: Int) {
    let confidence = 0.9
    let bounds = (0...trials).map { hits in
      (
        ClopperPearson.lower(hits: hits, of: trials, confidence: confidence),
        ClopperPearson.upper(hits: hits, of: trials, confidence: confidence)
      )
    }
    var wrong = (0.0, 0.0)
    for step in 1..<400 {
      let p = Double(step) / 400
      var (above, below) = (0.0, 0.0)
      for hits in 0...trials {
        let mass = binomial(trials, hits) * pow(p, Double(hits)) * pow(1 - p, Double(trials - hits))
        if bounds[hits].0 > p { above += mass }
        if bounds[hits].1 < p { below += mass }
      }
      wrong = (max(wrong.0, above), max(wrong.1, below))
    }
    #expect(wrong.0 <= 0.1 + 1e-9 && wrong.1 <= 0.1 + 1e-9)
    // And are no wider than they must be: somewhere all that is allowed is used.
    #expect(wrong.0 > 0.09 && wrong.1 > 0.09)
  }
}

@Suite struct `Errors of telling two inputs apart` {
  @Test func `bound ε by the region of errors`() {
    // So many runs that bounds are near the shares: α = 0.1 and β = 0.05 give log(0.9/0.05) without δ.
    let errors = DistinguishingErrors(
      falsePositives: 10_000_000, of: 100_000_000, falseNegatives: 5_000_000, of: 100_000_000)
    #expect(abs(errors.epsilonLowerBound(delta: 0, confidence: 0.95) - log(0.9 / 0.05)) < 2e-3)
    #expect(abs(errors.epsilonLowerBound(delta: 0.3, confidence: 0.95) - log(0.6 / 0.05)) < 2e-3)
  }

  @Test func `say nothing of a guess, and little of few runs`() {
    let guesses = DistinguishingErrors(falsePositives: 510, of: 1000, falseNegatives: 480, of: 1000)
    #expect(guesses.epsilonLowerBound(delta: 0, confidence: 0.95) == 0)
    let right = DistinguishingErrors(falsePositives: 0, of: 100, falseNegatives: 0, of: 100)
    // The most that a hundred runs on each can say: both bounds are 1 − 0.025^(1/100).
    let bound = 1 - pow(0.025, 0.01)
    #expect(abs(right.epsilonLowerBound(delta: 0, confidence: 0.95) - log((1 - bound) / bound)) < 1e-9)
  }
}

private func binomial(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
}
