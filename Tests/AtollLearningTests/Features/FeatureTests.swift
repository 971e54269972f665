import FoundationEssentials
import Testing

@testable import AtollLearning

struct FeatureSchemaTests {
  static func schema(
    _ sites: [String: Table], _ plan: FeaturePlan, _ preprocessing: PreprocessingPlan = PreprocessingPlan(),
    remarks: [String: ColumnReport.Remark] = [:]
  ) throws -> FeatureSchema {
    var reports: [String: ColumnReport] = [:]
    for (name, table) in sites {
      let rows = Array(0..<table.rowCount)
      let report = try ColumnReport(
        of: table, labelled: rows, training: rows, plan: plan, preprocessing: preprocessing, remarks: remarks)
      reports[name] = try JSONDecoder().decode(ColumnReport.self, from: JSONEncoder().encode(report))
    }
    return try FeatureSchema(plan: plan, preprocessing: preprocessing, reports: reports)
  }

  static func failure(_ work: () throws -> Void) throws -> PreparationError {
    try #require(throws: PreparationError.self) { try work() }
  }

  let plan = FeaturePlan(label: LabelPlan("sick", task: .classification))

  static func visits(_ rows: Int = 30) throws -> Table {
    try .of([
      "patient_id": .number((0..<rows).map { Double($0 * 7 % 31 + 1_000) }),
      "visit": .number((0..<rows).map { Double($0 + 5) }),
      "name": .text((0..<rows).map { "person \($0)" }),
      "ward": .text((0..<rows).map { ["A", "B", nil][$0 % 3] }),
      "country": .text([String?](repeating: "NO", count: rows)),
      "seen": .number((0..<rows).map { Double(20_000 + $0 * $0 % 17) }),
      "lactate": .number(normals(rows, seed: 1)),
      "empty": .number([Double](repeating: .nan, count: rows)),
      "sick": .text((0..<rows).map { $0 % 4 == 0 ? "yes" : "no" }),
    ])
  }

  @Test func `every useful column is a feature by default, and the others are left out for a reason`() throws
  {
    let schema = try Self.schema(["a": Self.visits(), "b": Self.visits(25)], plan, remarks: ["seen": .date])
    #expect(schema.features.map(\.column) == ["ward", "lactate"])
    #expect(schema.features.map(\.kind) == [.category, .number])
    #expect(schema.features[0].levels == ["A", "B"])
    #expect(schema.label.kind == .classes(["no", "yes"]) && schema.label.classCount == 2)
    let reasons = Dictionary(uniqueKeysWithValues: schema.leftOut.map { ($0.column, $0.reason) })
    #expect(
      reasons == [
        "patient_id": .identifier, "visit": .identifier, "name": .identifier, "country": .constant,
        "seen": .date,
        "empty": .empty,
      ])
  }

  @Test func `levels of what looks like an identifier do not leave`() throws {
    let table = try Self.visits()
    let rows = Array(0..<table.rowCount)
    let report = try ColumnReport(
      of: table, labelled: rows, training: rows, plan: plan, preprocessing: PreprocessingPlan())
    #expect(report.columns.filter { $0.levels != nil }.map(\.name) == ["ward", "country"])
  }

  @Test func `the group and columns that the reader left out are no features`() throws {
    var plan = plan
    plan.group = "ward"
    let table = try Self.visits().columns(["ward", "lactate", "sick"])
    let schema = try Self.schema(["a": table], plan, remarks: ["mrn": .identifier])
    #expect(schema.features.map(\.column) == ["lactate"])
    #expect(schema.leftOut == [.init(column: "mrn", reason: .identifier)])
  }

  @Test func `what is listed is taken, whatever it looks like`() throws {
    var plan = plan
    plan.features = ["visit", "country"]
    let schema = try Self.schema(["a": try Self.visits()], plan)
    #expect(schema.features.map(\.column) == ["visit", "country"])
  }

  @Test func `nothing is asked where everything is declared`() throws {
    let plan = FeaturePlan(
      label: LabelPlan("sick", task: .classification, classes: ["yes", "no"]), features: ["ward", "lactate"],
      declarations: [
        ColumnDeclaration("ward", kind: .category, levels: ["C", "B", "A"]),
        ColumnDeclaration("lactate", kind: .number, minimum: -4, maximum: 4, unit: "mmol/L"),
      ])
    let fit = try SimulatedFit([("a", try Self.visits())], plan, PreprocessingPlan())
    #expect(fit.exchanges == fit.questions.count)
    #expect(fit.outcome.outputNames == ["ward=A", "ward=B", "ward=C", "lactate"])
    #expect(fit.outcome.features[1].unit == "mmol/L")
    #expect(fit.outcome.classRows == [22, 8])
  }

  @Test func `an absent label names the columns there are, and the nearest`() throws {
    let error = try Self.failure {
      _ = try Self.schema(["a": Self.visits()], FeaturePlan(label: LabelPlan("sik", task: .classification)))
    }
    #expect(error.code == .unknownColumn && error.column == "sik")
    #expect(error.message.contains("did you mean “sick”?") && error.message.contains("lactate"))
  }

  @Test func `text in a numeric column is named`() throws {
    var plan = plan
    plan.declarations = [ColumnDeclaration("ward", kind: .number)]
    let error = try Self.failure { _ = try Self.schema(["a": Self.visits()], plan) }
    #expect(error.code == .kindMismatch && error.message.contains("“A”"))
    let regression = FeaturePlan(label: LabelPlan("sick", task: .regression))
    #expect(try Self.failure { _ = try Self.schema(["a": Self.visits()], regression) }.column == "sick")
  }

  @Test func `participants that disagree are named`() throws {
    let numbers = try Table.of(["v": .number([1, 2]), "sick": .text(["no", "yes"])])
    let texts = try Table.of(["v": .text(["x", "y"]), "sick": .text(["no", "yes"])])
    let other = try Table.of(["w": .number([1, 2]), "v": .number([3, 4]), "sick": .text(["no", "yes"])])
    let kinds = try Self.failure { _ = try Self.schema(["a": numbers, "b": texts], plan) }
    #expect(kinds.code == .disagreement && kinds.message.contains("text at b and numbers at a"))
    let columns = try Self.failure { _ = try Self.schema(["a": numbers, "b": other], plan) }
    #expect(columns.column == "w" && columns.message.contains("missing at a"))
  }

  @Test func `a site with a single class is fine, a federation with one is not`() throws {
    let well = try Table.of(["v": .number([1, 2]), "sick": .text(["no", "no"])])
    let sick = try Table.of(["v": .number([1, 2]), "sick": .text(["yes", "yes"])])
    #expect(try Self.schema(["a": well, "b": sick], plan).label.classCount == 2)
    #expect(try Self.failure { _ = try Self.schema(["a": well], plan) }.code == .label)
  }

  @Test func `a column of one value is left out, unless the sites may differ in it`() throws {
    func site(_ region: String, _ altitude: Double, country: String = "NO") throws -> Table {
      try .of([
        "v": .number([1, 2]), "region": .text([region, region]), "altitude": .number([altitude, altitude]),
        "country": .text([country, country]), "sick": .text(["no", "yes"]),
      ])
    }
    let both = try Self.schema(["a": site("north", 10), "b": site("south", 900)], plan)
    #expect(Set(both.features.map(\.column)) == ["v", "region", "altitude"])
    #expect(both.leftOut == [.init(column: "country", reason: .constant)])
    let alone = try Self.schema(["a": site("north", 10)], plan)
    #expect(alone.features.map(\.column) == ["v"])
  }

  @Test func `too many levels and too long ones are refused, and free text is left out`() throws {
    let many = try Table.of([
      "v": .text((0..<1_500).map { "\($0 % 1_200)x" }), "w": .number(normals(1_500, seed: 1)),
      "sick": .text((0..<1_500).map { "\($0 % 2)" }),
    ])
    #expect(try Self.schema(["a": many], plan).leftOut == [.init(column: "v", reason: .text)])
    var listed = plan
    listed.features = ["v"]
    #expect(try Self.failure { _ = try Self.schema(["a": many], listed) }.code == .levels)
  }

  @Test func `a plan that contradicts itself is refused`() {
    let label = LabelPlan("y", task: .regression)
    let plans = [
      FeaturePlan(label: label, features: []), FeaturePlan(label: label, features: ["a", "a"]),
      FeaturePlan(label: label, features: ["y"]),
      FeaturePlan(label: label, declarations: [ColumnDeclaration("a", minimum: 2, maximum: 1)]),
      FeaturePlan(label: label, declarations: [ColumnDeclaration("a", kind: .number, levels: ["x"])]),
      FeaturePlan(label: label, declarations: [ColumnDeclaration("a", levels: ["3", "3.0"])]),
    ]
    for plan in plans { #expect(throws: PreparationError.self) { try plan.validate() } }
  }
}

struct LabelTests {
  @Test(arguments: [
    ("> 0", [0, 1, 1]), (">= 1", [0, 1, 1]), ("< 2", [1, 1, 0]), ("<=1", [1, 1, 0]), ("= 2", [0, 0, 1]),
    ("2", [0, 0, 1]), ("2.0", [0, 0, 1]), ("!= 1", [1, 0, 1]),
  ])
  func `a rule makes two classes of numbers, or of texts that are numbers`(text: String, expected: [Int32])
    throws
  {
    try check(try #require(PositiveRule(text)), gives: expected)
  }

  @Test func `several values are positive`() throws {
    try check(try #require(PositiveRule(anyOf: ["0", "2.0", "three"])), gives: [1, 0, 1])
  }

  private func check(_ rule: PositiveRule, gives expected: [Int32]) throws {
    let label = FeatureSchema.Label(column: "y", kind: .rule(rule))
    let numbers = try Table.of(["y": .number([0, 1, 2])])
    let texts = try Table.of(["y": .text(["0", "1.0", "2"])])
    #expect(try label.targets(of: numbers, rows: [0, 1, 2]) == .classes(expected, count: 2))
    #expect(try label.targets(of: texts, rows: [0, 1, 2]) == .classes(expected, count: 2))
  }

  @Test(arguments: [("= ill", [1, 0, 0]), ("ill", [1, 0, 0]), ("!= ill", [0, 1, 1])])
  func `a rule by value takes texts`(text: String, expected: [Int32]) throws {
    let label = FeatureSchema.Label(column: "y", kind: .rule(try #require(PositiveRule(text))))
    let table = try Table.of(["y": .text(["ill", "well", "Ill"])])
    #expect(try label.targets(of: table, rows: [0, 1, 2]) == .classes(expected, count: 2))
  }

  @Test func `classes are ordered as numbers where they are numbers`() throws {
    let table = try Table.of(["v": .number([1, 2, 3, 4]), "y": .text(["10", "9", "2.0", "9"])])
    let fitted = try FittedPreprocessing(
      fitting: table, features: FeaturePlan(label: LabelPlan("y", task: .classification)))
    #expect(fitted.label.classNames == ["2", "9", "10"] && fitted.classRows == [1, 2, 1])
    #expect(try fitted.apply(to: table).targets == .classes([2, 1, 0, 1], count: 3))
    let other = try Table.of(["v": .number([1]), "y": .text(["11"])])
    let error = try #require(throws: PreparationError.self) { try fitted.apply(to: other) }
    #expect(error.code == .label && error.message.contains("“11”"))
  }

  @Test func `rows without a label are left out and counted`() throws {
    let table = try Table.of(["v": .number([1, 2, 3]), "y": .number([1, .nan, 3])])
    let fitted = try FittedPreprocessing(
      fitting: table, features: FeaturePlan(label: LabelPlan("y", task: .regression)))
    #expect(fitted.trainingRows == 2)
    let prepared = try fitted.prepare(table)
    #expect(prepared.rows == [0, 2] && prepared.unlabelled == 1 && prepared.targets == .values([-1, 1]))
    #expect(try fitted.prepare(table, rows: [2, 1, 0], withLabel: false).rows == [2, 1, 0])
  }
}
