import Testing

@testable import AtollLearning

/// Preprocessing that follows from declarations alone.
struct DeclaredPreprocessingTests {
  static let features = FeaturePlan(
    label: LabelPlan("sick", task: .classification, positive: PositiveRule("> 0")),
    features: ["age", "ward"],
    declarations: [
      ColumnDeclaration("age", kind: .number, minimum: 20, maximum: 80, unit: "years"),
      ColumnDeclaration("ward", kind: .category, levels: ["B", "A"]),
    ])

  static func table() throws -> Table {
    try .of([
      "age": .number([20, 50, 65, 110, -3, .nan]), "ward": .text(["A", "B", "C", nil, "A", "B"]),
      "sick": .number([0, 1, 2, 0, 1, 1]),
    ])
  }

  @Test func `numbers go from -1 to 1 between their bounds, and do not leave them`() throws {
    let plan = PreprocessingPlan(missing: .drop, scale: .bounds)
    let declared = try #require(try FittedPreprocessing(declaredBy: Self.features, plan))
    let prepared = try declared.prepare(try Self.table())
    #expect(declared.outputNames == ["age", "ward=A", "ward=B"])
    #expect(prepared.rows == [0, 1, 2, 4])
    // Ward C is none of the levels.
    #expect(prepared.features == [-1, 1, 0, 0, 0, 1, 0.5, 0, 0, -1, 1, 0])
    #expect(prepared.unknownLevels == ["ward": 1])
    #expect(prepared.targets == .classes([0, 1, 1, 1], count: 2))
    #expect(declared.features[0].unit == "years" && declared.trainingRows == 0 && declared.classRows.isEmpty)
    #expect(!declared.needsLocalizing)
  }

  @Test func `a constant stands for a number, and a level of its own for a category`() throws {
    let plan = PreprocessingPlan(missing: .constant(50), scale: .bounds, categories: .dropFirst, scope: .site)
    let declared = try #require(try FittedPreprocessing(declaredBy: Self.features, plan))
    #expect(declared.outputNames == ["age", "ward=B", "ward=missing"])
    let prepared = try declared.prepare(try Self.table())
    #expect(prepared.features == [-1, 0, 0, 0, 1, 0, 0.5, 0, 0, 1, 0, 1, -1, 0, 0, 0, 1, 0])
  }

  @Test(arguments: [
    PreprocessingPlan(missing: .drop, scale: .bounds), PreprocessingPlan(missing: .drop, scale: .minMax),
    PreprocessingPlan(missing: .drop, scale: .none, categories: .drop),
    PreprocessingPlan(missing: .constant(30), scale: .bounds),
  ])
  func `a fit over rows comes to the same columns`(plan: PreprocessingPlan) throws {
    let declared = try #require(try FittedPreprocessing(declaredBy: Self.features, plan))
    let fitted = try SimulatedFit([("a", try Self.table())], Self.features, plan).outcome
    #expect(declared.features == fitted.features && declared.label == fitted.label)
    #expect(declared.leftOut == fitted.leftOut)
  }

  @Test func `what only rows can tell is not declared`() throws {
    func isDeclared(
      _ plan: PreprocessingPlan, _ change: (inout FeaturePlan) -> Void = { _ in }
    ) throws -> Bool {
      var features = Self.features
      change(&features)
      return try FittedPreprocessing(declaredBy: features, plan) != nil
    }
    let plan = PreprocessingPlan(missing: .drop, scale: .bounds)
    #expect(try isDeclared(plan))
    for missing: PreprocessingPlan.Missing in [.mean, .median, .mostFrequent] {
      #expect(try !isDeclared(PreprocessingPlan(missing: missing, scale: .bounds)))
    }
    for scale: PreprocessingPlan.Scale in [.standard, .robust] {
      #expect(try !isDeclared(PreprocessingPlan(missing: .drop, scale: scale)))
      #expect(try !isDeclared(PreprocessingPlan(missing: .drop, scale: scale, scope: .site)))
    }
    #expect(try !isDeclared(plan) { $0.features = nil })
    #expect(try !isDeclared(plan) { $0.declarations[0].kind = nil })
    #expect(try !isDeclared(plan) { $0.declarations[1].levels = nil })
    #expect(try !isDeclared(plan) { $0.label = LabelPlan("sick", task: .classification) })
    #expect(
      try isDeclared(plan) { $0.label = LabelPlan("sick", task: .classification, classes: ["0", "1"]) })
    #expect(try !isDeclared(plan) { $0.label = LabelPlan("sick", task: .regression) })
    let extremes = PreprocessingPlan(missing: .drop, scale: .minMax)
    #expect(try !isDeclared(extremes) { $0.declarations[0].maximum = nil })
  }

  @Test func `scaling by bounds without bounds is refused, before and after columns are agreed`() throws {
    let plan = PreprocessingPlan(missing: .mean, scale: .bounds)
    var features = Self.features
    features.declarations[0].maximum = nil
    let declared = try #require(throws: PreparationError.self) { try PreprocessingFit(features, plan) }
    #expect(declared.code == .contradiction && declared.column == "age")
    #expect(declared.message.contains("declare its minimum and maximum"))
    features.declarations = []
    let agreed = try #require(throws: PreparationError.self) {
      try SimulatedFit([("a", try Self.table())], features, plan)
    }
    #expect(agreed.column == "age")
  }

  @Test func `each site may fit what stands for a missing value, within the bounds`() throws {
    let plan = PreprocessingPlan(missing: .mean, scale: .bounds, scope: .site)
    let table = try Self.table()
    let fitted = try SimulatedFit([("a", table)], Self.features, plan).outcome
    #expect(fitted.needsLocalizing)
    let own = try fitted.localized(to: table)
    // (20 + 50 + 65 + 80 + 20) / 5 = 47, at -0.1 between 20 and 80.
    #expect(try own.prepare(table).features[15] == -0.1)
  }

  @Test func `bounds as far apart as numbers go are scaled`() throws {
    var features = Self.features
    features.declarations[0].minimum = -.greatestFiniteMagnitude
    features.declarations[0].maximum = .greatestFiniteMagnitude
    let plan = PreprocessingPlan(missing: .drop, scale: .bounds)
    let declared = try #require(try FittedPreprocessing(declaredBy: features, plan))
    let table = try Table.of([
      "age": .number([.greatestFiniteMagnitude, 0]), "ward": .text(["A", "B"]), "sick": .number([0, 1]),
    ])
    #expect(try declared.prepare(table).features == [1, 1, 0, 0, 0, 1])
  }
}
