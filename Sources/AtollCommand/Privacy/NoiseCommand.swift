import ArgumentParser
import AtollNumerics
import AtollPrivacy

/// `atoll privacy noise`
struct NoiseCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "noise",
    abstract: "How much noise a wanted ε takes.",
    discussion: """
      Finds the smallest noise, relative to the sensitivity, with which the mechanism keeps to ε at δ: at most a \
      ten-thousandth above the smallest that the accountant can prove, and never below.

      With --json: an event "noise" with noise_multiplier, and the guarantee that it gives.

      EXAMPLES:
        atoll privacy noise --epsilon 2 --delta 1e-5 --sampling-rate 0.01 \\
          --steps 1000
        atoll privacy noise --epsilon 1 --delta 1e-6 --mechanism skellam \\
          --sensitivity 4 --l1-sensitivity 8
      """)

  @OptionGroup var options: MechanismOptions

  @Option(help: "The ε wanted.")
  var epsilon: Double

  @Option(help: "δ, the probability that ε does not hold: below one by the number of units.")
  var delta: Double

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard options.mechanism != .randomizedResponse else {
      throw ValidationError(
        "the noise of randomized-response is a probability, with ε = ln((1 - p + p/k) / (p/k))")
    }
  }

  func run(on console: Console) throws {
    let (noise, guarantee) = try usage { () throws(PrivacyError) in
      let noise = try smallest()
      let guarantee = try PrivacyAccounting.epsilon(
        of: options.event(noise: noise), delta: delta, relation: options.neighbours, unit: options.unit.value,
        method: options.accountant.method)
      return (noise, guarantee)
    }
    console.emit("noise", guarantee.fields.merging(["noise_multiplier": .number(noise)]) { $1 })
    // Rounded up: less noise would promise more.
    let shown = Figure.fixed((noise * 10_000).rounded(.up) / 10_000, 4)
    console.print(
      "\("noise multiplier \(shown)", .strong) for ε \(guarantee.promise) at δ \(guarantee.delta.plain)")
    console.print(guarantee.rows, margin: 2)
  }

  /// The least of what the accountants that have a proof ask for.
  private func smallest() throws(PrivacyError) -> Double {
    var best: Double?
    var refusal: PrivacyError?
    for accountant in options.accountant.method.accountants {
      do {
        let noise = try Calibration.noiseMultiplier(
          epsilon: epsilon, delta: delta, relation: options.neighbours, accountant: accountant
        ) { noise throws(PrivacyError) in try options.event(noise: noise) }
        best = min(best ?? noise, noise)
        // No other proof is tighter than these.
        if accountant is GaussianAccountant || accountant is LossDistributionAccountant { break }
      } catch {
        guard error.code == .unsupported else { throw error }
        refusal = error
      }
    }
    guard let best else { throw refusal ?? PrivacyError(.unsupported, "no accountant has a proof for it") }
    return best
  }
}
