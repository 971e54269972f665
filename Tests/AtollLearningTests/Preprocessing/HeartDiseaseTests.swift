import FoundationEssentials
import Testing

@testable import AtollLearning

/// The four hospitals of FLamby's Fed-Heart-Disease, where `ATOLL_SHARED` names the folder that has them.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ATOLL_SHARED"] != nil))
struct HeartDiseaseTests {
  static let columns = [
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
    "thal",
    "num",
  ]

  struct File: ByteSource {
    var name: String
    var bytes: [UInt8]

    init(_ file: String) throws {
      let shared = try #require(ProcessInfo.processInfo.environment["ATOLL_SHARED"])
      name = file
      bytes = Array(try Data(contentsOf: URL(filePath: "\(shared)/data/medical/heart-disease/\(file)")))
    }

    func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      try bytes.withUnsafeBytes(body)
    }
  }

  static func table(_ file: String, _ format: TableFormat = TableFormat()) throws -> Table {
    let source = try File(file)
    let schema = try TableProfile(csv: source, format: format).schema(including: ["line"])
    return try Table(csv: source, schema: schema, format: format)
  }

  @Test func `rows, inputs and splits are FLamby's`() throws {
    let plan = FeaturePlan(
      label: LabelPlan("num", task: .classification, positive: PositiveRule("> 0")),
      features: Array(Self.columns.prefix(10)),
      declarations: [ColumnDeclaration("cp", kind: .category), ColumnDeclaration("restecg", kind: .category)])
    let preprocessing = PreprocessingPlan(missing: .drop, scale: .standard, categories: .dropFirst)
    let list = try Self.table("flamby_split.csv")
    // data/medical/SOURCES.md: usable rows, and FLamby's train and test rows.
    let expected = [("cleveland", 199, 104), ("hungarian", 172, 89), ("switzerland", 30, 16), ("va", 85, 45)]
    var sites: [(name: String, table: Table)] = []
    for (name, train, test) in expected {
      let table = try Self.table("processed.\(name).data", TableFormat(columns: Self.columns))
      let split = try TrainTestSplit(list, participant: name, rowCount: table.rowCount)
      #expect(split.train.count == train && split.test.count == test)
      sites.append((name, table.rows(at: split.train)))
    }
    let fit = try SimulatedFit(sites, plan, preprocessing)
    #expect(fit.outcome.outputCount == 13)
    #expect(fit.outcome.trainingRows == 486 && fit.outcome.incompleteRows == 0)
    #expect(
      fit.outcome.outputNames.filter { $0.contains("=") } == [
        "cp=2", "cp=3", "cp=4", "restecg=1", "restecg=2",
      ])
  }
}
