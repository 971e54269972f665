import ArgumentParser
import AtollFederation
import AtollPrivacy
import AtollStore
import FoundationEssentials

/// `atoll privacy epsilon`
struct EpsilonCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "epsilon",
    abstract: "What a mechanism promises: ε, at a δ.",
    discussion: """
      Noise is told relative to the sensitivity, which is how much one unit can change what is released: the \
      standard deviation (gaussian, discrete-gaussian, skellam, and of each node for tree), or the scale b (laplace, \
      discrete-laplace). For randomized-response it is the probability of an answer at random.

      What happened can also be read from a file, with --events:
        {"version": 1, "repeated": {"times": 1000, "event":
          {"poissonSampled": {"rate": 0.01, "event":
            {"gaussian": {"noiseMultiplier": 1.1}}}}}}

      ε is an upper bound that the named accountant proves; where a lower bound is known, it is told too. What \
      no accountant has a proof for is refused, never estimated.

      With --json: an event "epsilon" with epsilon, epsilon_lower, delta and accountant.

      EXAMPLES:
        atoll privacy epsilon --noise-multiplier 1.1 --sampling-rate 0.01 \\
          --steps 1000 --delta 1e-5
        atoll privacy epsilon --mechanism laplace --noise-multiplier 2 --delta 0
        atoll privacy epsilon --events events.json --delta 1e-6
      """)

  @OptionGroup var options: MechanismOptions

  @Option(help: "The noise, relative to the sensitivity.")
  var noiseMultiplier: Double?

  @Option(help: "δ, the probability that ε does not hold: below one by the number of units.")
  var delta: Double

  @Option(
    help: "Read what happened from a file.", completion: .file(extensions: ["json"]),
    transform: nonEmptyPath)
  var events: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (noiseMultiplier == nil) != (events == nil) else {
      throw ValidationError("give --noise-multiplier, or --events FILE")
    }
  }

  func run(on console: Console) throws {
    let guarantee: PrivacyGuarantee
    if let events {
      let relation = options.relation?.value ?? .addOrRemoveOne
      do {
        guarantee = try PrivacyAccounting.epsilon(
          of: Self.event(in: events), delta: delta, relation: relation, unit: options.unit.value,
          method: options.accountant.method)
      } catch let error as PrivacyError {
        throw Failure(.badInput, "\(events): \(error.message)")
      }
    } else {
      guarantee = try usage { () throws(PrivacyError) in
        // Safe because validation asks for one of the two.
        try PrivacyAccounting.epsilon(
          of: options.event(noise: noiseMultiplier!), delta: delta, relation: options.neighbours,
          unit: options.unit.value, method: options.accountant.method)
      }
    }
    console.emit("epsilon", guarantee.fields)
    console.print("\("ε \(guarantee.promise)", .strong) at δ \(guarantee.delta.plain)")
    console.print(guarantee.rows, margin: 2)
  }

  private static func event(in path: String) throws -> PrivacyEvent {
    let bytes = try readBytes(path, limit: 16 << 20)
    do {
      return try CanonicalJSON.decode(from: bytes)
    } catch let error as PrivacyError {
      throw error
    } catch DecodingError.keyNotFound(let key, _) {
      throw PrivacyError(.invalid, "“\(key.stringValue)” is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw PrivacyError(.invalid, "“\(place)” has a value of another type than is wanted")
    } catch {
      throw PrivacyError(.invalid, "it is no JSON")
    }
  }
}

/// What the options say is wrong: the command was typed wrongly.
func usage<Value>(_ body: () throws(PrivacyError) -> Value) throws -> Value {
  do {
    return try body()
  } catch {
    throw Failure(.usage, error.message)
  }
}
