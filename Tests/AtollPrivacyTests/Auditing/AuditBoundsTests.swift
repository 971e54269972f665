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

@Suite struct `The audit by one run` {
  /// By the binomial distribution of SciPy 1.17.1.
  @Test(arguments: [
    (100, 100, 75, log(3.0), 0, 0.5534708238482475), (1000, 100, 75, 1, 0.0001, 0.3864863120231641),
    (1000, 1000, 700, 0.8, 1e-5, 0.2583719483839851), (5000, 500, 495, 3, 1e-5, 0.00012792529436024327),
    (20, 10, 10, 0.5, 0.01, 0.028557282971213935), (100, 50, 0, 1, 0.001, 1),
  ])
  func `has the p-values of its theorem`(
    _ canaries: Int, _ guesses: Int, _ correct: Int, _ epsilon: Double, _ delta: Double, _ expected: Double
  ) {
    let audit = OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
    #expect(abs(audit.pValue(epsilon: epsilon, delta: delta) - expected) < 1e-10)
  }

  /// Linear programs over all mechanisms, symmetrised as below, by HiGHS in SciPy 1.17.1.
  @Test(arguments: [
    (2, 2, 1, 1, 0.02, 0.9344959300614569), (2, 2, 2, 0.5, 0.1, 0.44871005710023415),
    (3, 2, 1, 0.2, 0.1, 0.895273), (6, 4, 2, 1, 0.01, 0.945420), (10, 10, 7, 0.5, 0.05, 0.515329),
    (10, 10, 9, 2, 0.3, 0.857653), (12, 5, 3, 1, 0.001, 0.877050), (10, 10, 8, 2, 0.3, 1),
  ])
  func `has the p-value that the best of all mechanisms reaches`(
    _ canaries: Int, _ guesses: Int, _ correct: Int, _ epsilon: Double, _ delta: Double, _ expected: Double
  ) {
    let audit = OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
    #expect(abs(audit.pValue(epsilon: epsilon, delta: delta) - expected) < 6e-7)
  }

  @Test(arguments: [
    (1000, 100, 75, 0.0001, 0.6951260176392862), (1000, 1000, 700, 0, 0.7320108623573903),
    (1000, 1000, 700, 1e-5, 0.7319438297166262), (5000, 500, 495, 1e-5, 3.845837297370878),
    (32, 32, 32, 0, 2.32137374257337), (100, 100, 50, 1e-5, 0), (1000, 1000, 1000, 0.001, 5.802669334220835),
  ])
  func `bounds ε where the p-value meets the level`(
    _ canaries: Int, _ guesses: Int, _ correct: Int, _ delta: Double, _ expected: Double
  ) {
    let audit = OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
    #expect(abs(audit.epsilonLowerBound(delta: delta, confidence: 0.95) - expected) < 1e-8)
  }

  @Test func `claims nothing where δ explains everything`() {
    let audit = OneRunAudit(canaries: 1000, guesses: 1000, correct: 1000)
    #expect(audit.epsilonLowerBound(delta: 0.04, confidence: 0.95) > 0)
    #expect(audit.epsilonLowerBound(delta: 0.0501, confidence: 0.95) == 0)
  }

  @Test func `grows with ε`() {
    for (canaries, guesses, correct) in [(50, 20, 15), (10, 10, 10), (200, 30, 1), (2000, 1000, 3)] {
      let audit = OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
      for delta in [0, 1e-9, 1 / Double(canaries), 0.3] {
        let values = (0...80).map { audit.pValue(epsilon: Double($0) / 10, delta: delta) }
        for (lower, upper) in zip(values, values.dropFirst()) { #expect(lower <= upper + 1e-12) }
      }
    }
  }

  /// For coins that are fair and independent, the best of all mechanisms may be looked for among those whose output, m guesses,
  /// differs from the coins in d places with a probability g(d)/(m over d) that depends on d alone: taking the mean over all
  /// ways to turn and exchange coins changes neither how many guesses are right nor ε and δ. So all mechanisms are a simplex
  /// of m + 1 numbers, which a grid covers.
  @Test(arguments: [(2, 0.5, 0.1), (2, 1, 0.02), (3, 1, 0.05), (3, 0.2, 0.15)])
  func `is met by a mechanism for a few coins, and broken by none`(
    _ m: Int, _ epsilon: Double, _ delta: Double
  ) {
    let steps = m == 2 ? 800 : 120
    let factor = exp(epsilon)
    var most = [Double](repeating: 0, count: m + 1)
    forEachPartition(of: steps, into: m + 1) { parts in
      let mass = parts.map { Double($0) / Double(steps) }
      let each = mass.indices.map { mass[$0] / binomial(m, $0) }
      // Inputs that differ in one coin; outputs that differ from the first in j of the others.
      var excess = 0.0
      for j in 0..<m {
        excess +=
          binomial(m - 1, j)
          * (max(0, each[j] - factor * each[j + 1]) + max(0, each[j + 1] - factor * each[j]))
      }
      guard excess <= delta else { return }
      for correct in 0...m {
        most[correct] = max(most[correct], mass[0...(m - correct)].reduce(0, +))
      }
    }
    for correct in 1...m {
      let bound = OneRunAudit(canaries: m, guesses: m, correct: correct).pValue(
        epsilon: epsilon, delta: delta)
      #expect(most[correct] <= bound + 1e-12, "\(correct) of \(m)")
      // The grid is that coarse.
      #expect(most[correct] > bound - 4 / Double(steps), "\(correct) of \(m)")
    }
  }

  @Test func `is exact for randomised response`() {
    for correct in 0...6 {
      let q = exp(0.7) / (1 + exp(0.7))
      var tail = 0.0
      for hits in correct...6 {
        tail += binomial(6, hits) * pow(q, Double(hits)) * pow(1 - q, Double(6 - hits))
      }
      let audit = OneRunAudit(canaries: 6, guesses: 6, correct: correct)
      #expect(abs(audit.pValue(epsilon: 0.7, delta: 0) - tail) < 1e-12)
    }
  }
}

@Suite struct `Guesses by scores` {
  @Test func `are those that say most`() {
    let coins = SharedCoins(31)
    let included = (0..<400).map { _ in coins.uniform() < 0.5 }
    let audit = CanaryAudit(included: included)
    let noise = included.map { _ in coins.uniform() }
    // Two thirds of the canaries say nothing, the others everything.
    let partial = included.enumerated().map {
      $0.offset % 3 == 0 ? ($0.element ? 2.0 : -2.0) : noise[$0.offset]
    }
    let finding = audit.finding(scores: [noise, partial], delta: 1e-5)
    #expect(finding.score == 1 && finding.audit.guesses == 52 && finding.audit.correct == 52)
    #expect(finding.epsilon > 2.3)
    #expect(audit.finding(scores: [noise], delta: 1e-5).epsilon == 0)
  }

  @Test func `make of one canary a statement, though hardly any`() {
    let finding = CanaryAudit(included: [true]).finding(scores: [[1]], delta: 0, confidence: 0.4)
    #expect(finding.audit == OneRunAudit(canaries: 1, guesses: 1, correct: 1))
    #expect(abs(finding.epsilon - log(0.6 / 0.4)) < 1e-9)
  }

  @Test func `that are chance reject no more often than they may`() {
    let coins = SharedCoins(32)
    var wrong = 0
    for _ in 0..<400 {
      // Randomised response with ε = 1, of which the audit knows two answers as scores, one of them without any truth.
      let included = (0..<100).map { _ in coins.uniform() < 0.5 }
      let q = exp(1.0) / (1 + exp(1.0))
      let answers = included.map { (coins.uniform() < q) == $0 ? 1.0 : 0.0 }
      let finding = CanaryAudit(included: included).finding(
        scores: [answers, included.map { _ in coins.uniform() }], delta: 0)
      if finding.epsilon > 1 { wrong += 1 }
    }
    // 5 % are 20; more than 33 happen by chance once in 700 times.
    #expect(wrong <= 33, "\(wrong) of 400")
  }
}

private func binomial(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
}

/// All ways to write a number as a sum of so many others.
private func forEachPartition(of total: Int, into count: Int, _ body: ([Int]) -> Void) {
  var parts: [Int] = []
  func choose(_ left: Int) {
    if parts.count == count - 1 { return body(parts + [left]) }
    for part in 0...left {
      parts.append(part)
      choose(left - part)
      parts.removeLast()
    }
  }
  choose(total)
}
