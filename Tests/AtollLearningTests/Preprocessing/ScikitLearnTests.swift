import FoundationEssentials
import Testing

@testable import AtollLearning

/// The federated fit against scikit-learn's pipelines on the pooled table (`Tests/Vectors/preprocessing.py`).
struct ScikitLearnTests {
  struct Vectors: Decodable {
    struct Number: Decodable { var fill, offset, divisor: Double, output: [Double] }
    struct Encoded: Decodable { var names: [String], output: [[Float]] }
    struct Case: Decodable {
      var missing, scale: String
      var numbers: [String: Number]
      var oneHot, dropFirst: Encoded
      enum CodingKeys: String, CodingKey {
        case missing, scale, numbers
        case oneHot = "one-hot"
        case dropFirst = "drop-first"
      }
    }
    var sites: [Int]
    var numbers: [String: [Double?]]
    var colour: [String?]
    var cases: [Case]
  }

  let vectors: Vectors
  let table: Table
  let sites: [(name: String, table: Table)]
  static let names = ["weight", "visits", "year", "dose", "same"]

  init() throws {
    vectors = try JSONDecoder().decode(Vectors.self, from: try vectorFile("preprocessing.json"))
    let numbers = vectors.numbers
    var columns = try Self.names.map { Table.Column.number(try #require(numbers[$0]).map { $0 ?? .nan }) }
    columns += [.text(vectors.colour), .number(vectors.colour.indices.map { Double($0 % 2) })]
    table = try Table(names: Self.names + ["colour", "label"], columns: columns)
    var start = 0
    var sites: [(name: String, table: Table)] = []
    for (index, rows) in vectors.sites.enumerated() {
      sites.append(("site \(index)", table.rows(at: Array(start..<start + rows))))
      start += rows
    }
    self.sites = sites
  }

  static let plans: [(String, PreprocessingPlan.Missing)] = [
    ("mean", .mean), ("median", .median), ("most-frequent", .mostFrequent), ("constant", .constant(-7.5)),
  ]

  @Test(arguments: plans, PreprocessingPlan.Scale.allCases.filter(\.isFitted))
  func `three sites together fit what scikit-learn fits to the pooled table`(
    missing: (name: String, plan: PreprocessingPlan.Missing), scale: PreprocessingPlan.Scale
  ) throws {
    let expected = try #require(
      vectors.cases.first { $0.missing == missing.name && $0.scale == scale.rawValue })
    // Listed, because one of them is constant and would be left out.
    let features = FeaturePlan(
      label: LabelPlan("label", task: .classification), features: Self.names + ["colour"])
    let plan = PreprocessingPlan(missing: missing.plan, scale: scale)
    let fitted = try SimulatedFit(sites, features, plan).outcome
    let prepared = try fitted.prepare(table)
    for (place, name) in Self.names.enumerated() {
      let want = try #require(expected.numbers[name])
      guard case .number(let number) = fitted.features[place].transform else {
        Issue.record("\(name) is no number")
        continue
      }
      #expect(isClose(try #require(number.fill), want.fill, within: 1e-12), "\(name): fill")
      #expect(
        isClose(number.offset, want.offset, within: 1e-12), "\(name): offset \(number.offset) \(want.offset)")
      #expect(
        isClose(number.divisor, want.divisor, within: 1e-9), "\(name): \(number.divisor) \(want.divisor)")
      for row in 0..<table.rowCount {
        let output = Double(prepared.features[row * fitted.outputCount + place])
        #expect(abs(output - want.output[row]) <= 1e-6 * max(1, abs(want.output[row])), "\(name), row \(row)")
      }
    }
  }

  @Test(arguments: plans, [PreprocessingPlan.Categories.oneHot, .dropFirst])
  func `categories are encoded as by scikit-learn`(
    missing: (name: String, plan: PreprocessingPlan.Missing), categories: PreprocessingPlan.Categories
  ) throws {
    let fitting = try #require(vectors.cases.first { $0.missing == missing.name })
    let expected = categories == .oneHot ? fitting.oneHot : fitting.dropFirst
    let features = FeaturePlan(label: LabelPlan("label", task: .classification), features: ["colour"])
    let plan = PreprocessingPlan(missing: missing.plan, categories: categories)
    let fitted = try SimulatedFit(sites, features, plan).outcome
    #expect(fitted.outputNames == expected.names)
    #expect(try fitted.prepare(table).features == expected.output.flatMap(\.self))
  }
}

func isClose(_ left: Double, _ right: Double, within tolerance: Double) -> Bool {
  abs(left - right) <= tolerance * max(abs(left), abs(right))
}

func vectorFile(_ name: String) throws -> Data {
  var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
  path.removeLast(3)
  return try Data(contentsOf: URL(filePath: (path + ["Vectors", Substring(name)]).joined(separator: "/")))
}
