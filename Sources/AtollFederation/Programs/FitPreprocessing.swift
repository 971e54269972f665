public import AtollLearning

/// Fits a preprocessing over all participants: `PreprocessingFit` as a program.
///
/// The columns are agreed first (single answers; skipped when the task declares everything), then sums are asked for
/// until nothing is open: two or three exchanges for means and deviations, up to nine where medians, quartiles or
/// extremes have to be pinned down. All exchanges of a fit are answered by the same participants, or else their counts
/// would not add up: when one leaves, the fit begins anew with the others.
public struct FitPreprocessing: FederatedProgram {
  public static let kind = "fit-preprocessing"

  private var fit: PreprocessingFit
  private let completion: Completion
  /// Who has answered so far; nil before the first answers.
  private var cohort: [ParticipantID]?

  /// - Throws: `PreparationError` when the plan contradicts itself.
  public init(
    _ features: FeaturePlan, _ plan: PreprocessingPlan = PreprocessingPlan(),
    completion: Completion = Completion()
  ) throws {
    fit = try PreprocessingFit(features, plan)
    self.completion = completion
  }

  public func next() throws -> Step<Preparation> {
    let audience = cohort.map(Audience.named) ?? .all
    switch try fit.next() {
    case .reports:
      let query = ColumnsQuery(features: fit.features, plan: fit.plan)
      return .exchange(Exchange(query, to: audience, completion: completion))
    case .sums(let question):
      return .exchange(Exchange(StatisticsQuery(question: question), to: audience, completion: completion))
    case .finished(let outcome): return .finish(try Preparation(outcome))
    }
  }

  public mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    if let cohort, cohort != result.contributors {
      let lost = Set(cohort).subtracting(result.contributors).sorted().map(\.name).joined(separator: ", ")
      fit = try PreprocessingFit(fit.features, fit.plan)
      self.cohort = result.contributors
      return StepReport(note: "\(lost) left; the preprocessing is fitted anew with the others")
    }
    cohort = result.contributors
    switch try fit.next() {
    case .reports:
      var reports: [String: ColumnReport] = [:]
      for (participant, reply) in result.individual {
        reports[participant.name] = try ColumnsQuery.decode(reply, from: participant)
      }
      try fit.absorb(reports: reports)
    case .sums(let question):
      try fit.absorb(sums: question.sums.map { result.integers(.init(rawValue: $0.name)) })
    case .finished: preconditionFailure("a finished program asks nothing")
    }
    guard case .finished(let outcome) = try fit.next() else { return StepReport() }
    return StepReport(note: Self.note(outcome))
  }

  private static func note(_ outcome: FittedPreprocessing) -> String {
    let note = "fitted: \(grouped(outcome.outputCount)) inputs from \(grouped(outcome.trainingRows)) rows"
    guard !outcome.leftOut.isEmpty else { return note }
    return note + "; left out: "
      + listed(outcome.leftOut.map { "\($0.column) (\($0.reason.rawValue))" }, atMost: 6)
  }
}
