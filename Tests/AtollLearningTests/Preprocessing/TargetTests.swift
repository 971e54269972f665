import AtollNumerics
import Testing

@testable import AtollLearning

/// Labels of numbers: learnt in standard units, told in their own.
struct TargetTests {
  static let features = FeaturePlan(label: LabelPlan("price", task: .regression))

  static func table(_ prices: [Double]) throws -> Table {
    try .of(["size": .number(normals(prices.count, seed: 8)), "price": .number(prices)])
  }

  static let prices = normals(200, seed: 9, mean: 250_000, deviation: 80_000)

  @Test(arguments: [PreprocessingPlan.Scale.standard, .minMax, .robust])
  func `targets have mean 0 and deviation 1, and lead back to the label`(
    scale: PreprocessingPlan.Scale
  ) throws {
    let table = try Self.table(Self.prices)
    let fitted = try FittedPreprocessing(
      fitting: table, features: Self.features, plan: PreprocessingPlan(scale: scale))
    let target = try #require(fitted.target)
    let mean = Self.prices.reduce(0, +) / 200
    let variance = Self.prices.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200
    #expect(target.isStandardized)
    #expect(abs(target.mean - mean) < 1e-9 * mean)
    #expect(abs(target.deviation - variance.squareRoot()) < 1e-9 * mean)
    guard case .values(let values) = try fitted.apply(to: table).targets else { throw CancellationError() }
    #expect(abs(values.reduce(0, +) / 200) < 1e-5)
    #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 200 - 1) < 1e-5)
    for (value, price) in zip(values, Self.prices) {
      #expect(abs(fitted.labelValue(of: Double(value)) - price) < 0.02)  // 2⁻²⁴ of a few deviations
    }
  }

  @Test(arguments: [PreprocessingPlan.Scope.federation, .site])
  func `the unit is the same bits for all, however rows are shared out`(
    scope: PreprocessingPlan.Scope
  ) throws {
    let table = try Self.table(Self.prices)
    let pooled = try FittedPreprocessing(fitting: table, features: Self.features)
    let sorted = try PartitionPlan.feature(participants: 5, column: "price").partition(table, seed: 1)
    let sites = sorted.parts.map { ($0.name, table.rows(at: $0.rows)) }
    let fit = try SimulatedFit(sites, Self.features, PreprocessingPlan(scope: scope))
    #expect(fit.outcome.target == pooled.target)
    for (_, site) in sites { #expect(try fit.outcome.localized(to: site).target == pooled.target) }
  }

  @Test func `without scaling a label stays as it is, and its moments are known`() throws {
    let table = try Self.table([10, 20, 30])
    let fitted = try FittedPreprocessing(
      fitting: table, features: Self.features, plan: PreprocessingPlan(scale: .none))
    #expect(try fitted.apply(to: table).targets == .values([10, 20, 30]))
    #expect(fitted.labelValue(of: 17) == 17)
    #expect(fitted.target?.mean == 20 && fitted.target?.outputUnit == 1)
  }

  @Test func `a label that never varies is only shifted`() throws {
    let table = try Self.table([7.1, 7.1, 7.1])
    let fitted = try FittedPreprocessing(fitting: table, features: Self.features)
    #expect(fitted.target?.mean == 7.1 && fitted.target?.deviation == 1)
    #expect(try fitted.apply(to: table).targets == .values([0, 0, 0]))
    #expect(fitted.labelValue(of: 0) == 7.1)
  }

  @Test func `rows that are left out do not count for the label`() throws {
    let table = try Table.of(["size": .number([1, .nan, 2]), "price": .number([10, 1e6, 30])])
    let fitted = try FittedPreprocessing(
      fitting: table, features: Self.features, plan: PreprocessingPlan(missing: .drop))
    #expect(fitted.target?.mean == 20 && fitted.target?.deviation == 10)
  }

  @Test func `errors are summed in about a deviation, or as a young model of a raw label may be off`() throws
  {
    func unit(_ prices: [Double], _ scale: PreprocessingPlan.Scale) throws -> EvaluationSums.TargetUnit? {
      try FittedPreprocessing(
        fitting: Self.table(prices), features: Self.features, plan: PreprocessingPlan(scale: scale)
      ).target?.summingUnit
    }
    #expect(try unit([990, 1010], .standard) == .init(center: 1000, exponent: 4))
    #expect(try unit([992, 1008], .standard) == .init(center: 1000, exponent: 3))
    #expect(try unit([990, 1010], .none) == .init(center: 1000, exponent: 6))
    #expect(try unit([-10, 10], .none) == .init(center: 0, exponent: 4))
  }

  @Test func `classes have no unit`() throws {
    let table = try Table.of(["size": .number([1, 2]), "kind": .text(["a", "b"])])
    let fitted = try FittedPreprocessing(
      fitting: table, features: FeaturePlan(label: LabelPlan("kind", task: .classification)))
    #expect(fitted.target == nil && fitted.labelValue(of: 0.3) == 0.3)
  }
}
