import AtollNumerics
package import AtollPrivacy
package import FoundationEssentials

/// What a run's driver carries from commit to commit of noise that is correlated over its rounds: who took part when, and the
/// secret memory of the noise. Empty in all other runs.
///
/// Both go into the commit of the noised sum, in one step with it and before anyone hears of the sum (`NoiseMemory` says why).
/// After a crash the driver begins with what the last commit has: of a sum that was not committed nothing was shown, and its noise
/// is drawn anew from the memory before it; a sum that was committed is never noised again.
package struct RunNoise: Sendable {
  /// Who took part in which round; nil before the first has noise.
  package private(set) var book: ParticipationBook<ParticipantID>?
  /// `NoiseMemory.secretBytes` after the last round; nil where no round to come needs it.
  package private(set) var secret: Data?
  /// The memory was left out of a copy on purpose: ``leftOut``.
  private let isLeftOut: Bool

  /// What a copy of a run has in place of the memory: no rounds are published twice by going on from an older one.
  package static let leftOut = Data()

  /// After a commit, or at the beginning of a run.
  ///
  /// - Parameters:
  ///   - checkpoint: the last one; nil for a new run.
  ///   - secret: what the store keeps beside it.
  package init(after checkpoint: Checkpoint?, secret: Data?) {
    book = checkpoint?.participation
    isLeftOut = secret == Self.leftOut
    // Of other runs it is a cohort, which each commit erases.
    self.secret = book == nil && !isLeftOut ? nil : secret
  }

  /// Refuses a cohort of which one may not take part, before anyone is asked; and noise that cannot be drawn.
  ///
  /// - Throws: ``RunFailure``: `.unfit` where the rule of participation forbids it, `.resume` where the memory of the noise
  ///   is not that of the round before.
  package func admit(_ cohort: [ParticipantID], to exchange: Exchange) throws(RunFailure) {
    guard let correlation = exchange.protection.noise?.correlation else { return }
    let (book, _) = try opened(correlation, for: exchange.query.demand.round)
    _ = try Self.writing(cohort, into: book, exchange.query.demand.round ?? 0)
  }

  /// Adds the noise of a round to its sum, and writes down whose contributions are in it.
  ///
  /// - Parameters:
  ///   - sum: exact until then, of one vector.
  ///   - grid: the noise's width and grid.
  ///   - correlation: how it hangs together with that of other rounds.
  ///   - contributors: whose contributions are in the sum.
  ///   - round: from 0.
  ///   - coins: nobody can foretell them.
  /// - Throws: ``RunFailure``, as ``admit(_:to:)`` does; then nothing has changed, and the sum may not be shown.
  mutating func add(
    to sum: inout ExactSum, _ grid: GridGaussian, correlation: NoiseCorrelation,
    contributors: [ParticipantID], round: Int?, using coins: inout SecretCoins
  ) throws(RunFailure) {
    let (book, memory) = try opened(correlation, for: round)
    let round = round ?? 0
    let written = try Self.writing(contributors, into: book, round)
    let count = sum.vectors[0].elements.count
    var vector = RingVector(zeros: count)
    do throws(PrivacyError) {
      var noise = try correlation.noise(grid, count: count, after: memory)
      try noise.add(to: &vector, using: &coins)
      // A tree that the run does not fill would keep what nobody needs any more.
      secret = round + 1 < correlation.rounds ? noise.memory.secretBytes : nil
    } catch {
      throw RunFailure(.unfit, "there is no noise for round \(round + 1): \(error.message)")
    }
    sum.add(vector, to: 0)
    self.book = written
  }

  /// The book, and the memory of the rounds before.
  private func opened(
    _ correlation: NoiseCorrelation, for round: Int?
  ) throws(RunFailure) -> (book: ParticipationBook<ParticipantID>, memory: NoiseMemory?) {
    guard let round else {
      throw RunFailure(.unfit, "noise that is correlated over rounds is added to rounds of training only")
    }
    guard !isLeftOut else {
      throw RunFailure(
        .resume,
        "the memory of this run's noise is in no backup: rounds that were published after it would be published again, with other noise",
        hint: "a new run")
    }
    do throws(PrivacyError) {
      guard let book else {
        let book = try ParticipationBook<ParticipantID>(correlation.prefixSums.participation)
        guard round == 0 else { throw Self.missing(before: round) }
        return (book, nil)
      }
      guard let secret else { throw Self.missing(before: round) }
      let memory = try NoiseMemory(secretBytes: secret)
      guard memory.round == round, book.rule == (try correlation.prefixSums.participation) else {
        throw Self.missing(before: round)
      }
      return (book, memory)
    } catch {
      throw RunFailure(.resume, error.message)
    }
  }

  private static func missing(before round: Int) -> PrivacyError {
    PrivacyError(.invalid, "the memory of the noise before round \(round + 1) is missing, or of other rounds")
  }

  private static func writing(
    _ participants: [ParticipantID], into book: ParticipationBook<ParticipantID>, _ round: Int
  ) throws(RunFailure) -> ParticipationBook<ParticipantID> {
    var book = book
    do throws(PrivacyError) {
      try book.admit(participants, to: round)
    } catch {
      throw RunFailure(
        .unfit, "\(error.message); noise that is correlated over rounds counts on \(book.rule)",
        hint: "a smaller federation.cohort, or more participants")
    }
    return book
  }
}

extension UpdateProtection {
  /// Adds the noise of a round to its sum: by itself, or as the rounds before demand.
  ///
  /// - Parameters:
  ///   - sum: exact until then.
  ///   - specs: what its vectors are.
  ///   - contributors: whose contributions are in it.
  ///   - round: of training, from 0; nil where none is trained.
  ///   - memory: of noise that is correlated over rounds.
  ///   - coins: nobody can foretell them.
  /// - Throws: ``RunFailure``, as ``addNoise(to:as:using:)`` and ``RunNoise/admit(_:to:)`` do.
  func addNoise(
    to sum: inout ExactSum, as specs: [SumSpec], of contributors: [ParticipantID], in round: Int?,
    carrying memory: inout RunNoise, using coins: inout SecretCoins
  ) throws(RunFailure) {
    guard let noise, let clip, let correlation = noise.correlation else {
      return try addNoise(to: &sum, as: specs, using: &coins)
    }
    guard specs.count == 1, let spec = specs.first, clipped.contains(spec.name) else {
      throw RunFailure(.unfit, "a sum would be released without noise: correlated noise is for updates alone")
    }
    let grid: GridGaussian
    do throws(PrivacyError) {
      grid = try GridGaussian(
        sensitivity: CentralNoise.sensitivity(clip: clip, format: spec.format, count: spec.count)
          / spec.format.scale,
        noiseMultiplier: noise.multiplier, fractionBits: spec.format.fractionBits)
    } catch {
      throw RunFailure(.unfit, "there is no noise for “\(spec.name.rawValue)”: \(error.message)")
    }
    try memory.add(
      to: &sum, grid, correlation: correlation, contributors: contributors, round: round, using: &coins)
  }
}
