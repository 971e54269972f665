import ArgumentParser
import AtollExternal
import AtollFederation
import AtollReport

/// What trains at the participants: Atoll, or a program of one's own.
struct TrainerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Train with a program of your own, started anew for each training. No task can name one.",
      discussion: "The contract is in Documentation/ExternalTrainer.md.", valueName: "command"))
  var trainer: String?

  @Option(
    help: ArgumentHelp(
      "The most time that one training takes: 30s, 10m, 2h. [default: 10m]", valueName: "time"))
  var trainerTime: String?

  @Option(
    help: ArgumentHelp(
      "The most memory that each process of the program allocates: 500MB, 4GB. [default: no limit]",
      valueName: "size"))
  var trainerMemory: String?

  func validate() throws {
    if let trainer, trainer.allSatisfy(\.isWhitespace) || trainer.utf8.contains(0) {
      throw ValidationError("--trainer names a command")
    }
    if trainer == nil, trainerTime != nil || trainerMemory != nil {
      throw ValidationError("--trainer-time and --trainer-memory are limits of a --trainer")
    }
    _ = try limits
  }

  /// The trainer that was asked for.
  var chosen: any Trainer {
    get throws {
      guard let trainer else { return GradientDescent() }
      return ExternalTrainer(trainer, limits: try limits)
    }
  }

  private var limits: ExternalTrainer.Limits {
    get throws {
      let units = ["s": 1, "m": 60, "h": 3600]
      let sizes = ["MB": 1_000_000, "GB": 1_000_000_000]
      let seconds = try trainerTime.map {
        try Self.number($0, units, atMost: 7 * 86_400, "--trainer-time is a duration such as 30s, 10m or 2h")
      }
      let memory = try trainerMemory.map {
        try Self.number($0, sizes, atMost: 1 << 50, "--trainer-memory is a size such as 500MB or 4GB")
      }
      return ExternalTrainer.Limits(time: .seconds(seconds ?? 600), memory: memory)
    }
  }

  private static func number(
    _ text: String, _ units: [String: Int], atMost most: Int, _ rule: String
  ) throws -> Int {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits), number > 0, let unit = units[String(text.dropFirst(digits.count))],
      number <= most / unit
    else { throw ValidationError(rule) }
    return number * unit
  }

  /// As they are to be typed again; empty without a program of one's own.
  var words: String {
    guard let trainer else { return "" }
    return " --trainer \(Shell.quoted(trainer))" + (trainerTime.map { " --trainer-time \($0)" } ?? "")
      + (trainerMemory.map { " --trainer-memory \($0)" } ?? "")
  }
}
