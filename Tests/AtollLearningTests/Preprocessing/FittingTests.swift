import AtollNumerics
import FoundationEssentials
import Testing

@testable import AtollLearning

struct GridSumTests {
  @Test func `numbers are rounded to the grid, ties to even`() {
    let half = 0x1p-95
    #expect(GridSum.rounded(0) == 0)
    #expect(GridSum.rounded(half) == 0)
    #expect(GridSum.rounded(half.nextUp) == 1)
    #expect(GridSum.rounded(3 * half) == 2)
    #expect(GridSum.rounded(5 * half) == 2)
    #expect(GridSum.rounded(-3 * half) == -2)
    #expect(GridSum.rounded(1) == 1 << 94)
    #expect(GridSum.rounded(-1) == -(1 << 94))
    #expect(GridSum.rounded(0x1p-96) == 0)
    #expect(GridSum.rounded(.leastNonzeroMagnitude) == 0)
  }

  @Test(arguments: [1.0, -1, 0.1, -0x1p-90, 0.999])
  func `limbs carry a sum and stay within their bound, up to the most rows`(number: Double) {
    for times in [1, 3, GridSum.mostRows] {
      var sum = GridSum()
      sum.add(number, times: times)
      #expect(sum.asLimbs.allSatisfy { $0.magnitude <= GridSum.largestTerm.magnitude })
      #expect(GridSum(limbs: sum.asLimbs) == sum)
    }
  }

  @Test func `the sum of limbs is the limbs of the sum`() {
    var (whole, limbs) = (GridSum(), [Int64](repeating: 0, count: GridSum.limbs))
    for chunk in 0..<7 {
      var part = GridSum()
      for number in normals(50, seed: UInt64(chunk), deviation: 0.1) {
        part.add(number)
        whole.add(number)
      }
      for (index, limb) in part.asLimbs.enumerated() { limbs[index] += limb }
    }
    #expect(GridSum(limbs: limbs) == whole)
  }

  @Test(arguments: [1, 3, 7, 1_000, 999_983]) func `the mean of equal numbers is that number`(count: Int) {
    for number in [0.1, -0.7, 1 / 3.0] {
      var sum = GridSum()
      sum.add(number, times: count)
      #expect(sum.mean(of: count) == number)
    }
  }
}

struct OrderedKeyTests {
  static let ascending = [
    -Double.greatestFiniteMagnitude, -0x1p65, -0x1p64, -3, -1.5, -1, -0x1p-63, -0x1p-64,
    -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 0x1p-64,
    0x1p-63, 1, 1.0.nextUp, 1.5, 2, 0x1p64, 0x1p65, .greatestFiniteMagnitude,
  ]

  @Test func `keys are ordered as the numbers are, and give them back`() {
    let keys = Self.ascending.map(OrderedKey.of)
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
    #expect(keys.map(OrderedKey.number) == Self.ascending)
    #expect(OrderedKey.of(-0.0) == OrderedKey.of(0))
  }

  @Test func `the bins by exponent cover all numbers without a gap`() {
    let bins = KeyInterval.byExponent
    #expect(zip(bins, bins.dropFirst()).allSatisfy { $0.high + 1 == $1.low })
    #expect(bins.first?.contains(OrderedKey.of(-.greatestFiniteMagnitude)) == true)
    #expect(bins.last?.contains(OrderedKey.of(.greatestFiniteMagnitude)) == true)
    for number in Self.ascending + normals(200, seed: 1, deviation: 1e5) {
      #expect(bins[KeyInterval.exponentBin(of: number)].contains(OrderedKey.of(number)), "\(number)")
    }
  }

  @Test func `an interval is cut into at most 1,024 bins that cover it`() {
    for interval in KeyInterval.byExponent + [
      KeyInterval(low: 7, high: 7), KeyInterval(low: 10, high: 1_034),
    ] {
      let bins = (0..<interval.binCount).map(interval.bin)
      #expect(bins.count <= KeyInterval.mostBins)
      #expect(bins.first?.low == interval.low && bins.last?.high == interval.high)
      #expect(zip(bins, bins.dropFirst()).allSatisfy { $0.high + 1 == $1.low })
      for (index, bin) in bins.enumerated() {
        #expect(interval.bin(of: bin.low) == index && interval.bin(of: bin.high) == index)
      }
    }
  }
}

struct PreprocessingFitTests {
  static let plan = FeaturePlan(label: LabelPlan("y", task: .regression))
  static let allPlans = [PreprocessingPlan.Missing.mean, .median, .constant(3), .drop].flatMap { missing in
    PreprocessingPlan.Scale.allCases.filter { $0 != .bounds }.map {
      PreprocessingPlan(missing: missing, scale: $0)
    }
  }

  static func table(_ rows: Int = 300) throws -> Table {
    var coins = RandomStream(seed: 3, purpose: .sample, participant: "table")
    func holes(_ values: [Double]) -> [Double] { values.map { coins.uniform() < 0.15 ? .nan : $0 } }
    return try .of([
      "a": .number(holes(normals(rows, seed: 1, mean: 2_000, deviation: 0.01))),
      "b": .number(holes(normals(rows, seed: 2, deviation: 1e-6))),
      "c": .number(holes(normals(rows, seed: 3, mean: -50, deviation: 30).map { $0.rounded() })),
      "d": .text((0..<rows).map { $0 % 9 == 0 ? nil : ["x", "y", "z"][$0 % 3] }),
      "y": .number(normals(rows, seed: 4)),
    ])
  }

  static func sites(_ table: Table, _ count: Int, seed: UInt64) throws -> [(name: String, table: Table)] {
    let partition = try PartitionPlan.quantity(participants: count, alpha: 0.5).partition(table, seed: seed)
    return partition.parts.map { ($0.name, table.rows(at: $0.rows)) }
  }

  @Test(arguments: allPlans)
  func `a fit is the same bits however the rows are shared out, in any order of participants`(
    plan: PreprocessingPlan
  ) throws {
    let table = try Self.table()
    let pooled = try FittedPreprocessing(fitting: table, features: Self.plan, plan: plan)
    for (count, seed) in [(2, UInt64(1)), (7, 2)] {
      let sites = try Self.sites(table, count, seed: seed)
      #expect(try SimulatedFit(sites, Self.plan, plan).outcome == pooled)
      #expect(try SimulatedFit(sites.reversed(), Self.plan, plan).outcome == pooled)
    }
  }

  @Test func `standardisation equals a direct computation to 1e-9, also far from zero`() throws {
    let table = try Self.table()
    let fitted = try SimulatedFit(
      try Self.sites(table, 5, seed: 9), Self.plan, PreprocessingPlan(missing: .mean, scale: .standard)
    ).outcome
    for (place, name) in ["a", "b", "c"].enumerated() {
      let present = try table.numbers(name).filter { !$0.isNaN }
      // Shifted first, so that the reference itself loses nothing.
      let shift = present[0]
      let mean = present.reduce(0) { $0 + ($1 - shift) } / Double(present.count) + shift
      let square = present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(table.rowCount)
      guard case .number(let number) = fitted.features[place].transform else { throw CancellationError() }
      #expect(isClose(number.offset, mean, within: 1e-12))
      #expect(isClose(number.divisor, square.squareRoot(), within: 1e-9))
    }
  }

  @Test func `medians, quartiles and extremes are found to the last bit`() throws {
    let values = normals(101, seed: 8, mean: 5, deviation: 1e3)
    let sorted = values.sorted()
    let table = try Table.of(["v": .number(values), "y": .number(values)])
    for (scale, offset, divisor) in [
      (PreprocessingPlan.Scale.robust, sorted[50], sorted[75] - sorted[25]),
      (.minMax, sorted[0], sorted[100] - sorted[0]),
    ] {
      let fit = try SimulatedFit(
        try Self.sites(table, 4, seed: 1), Self.plan, PreprocessingPlan(missing: .median, scale: scale))
      guard case .number(let number) = fit.outcome.features[0].transform else { throw CancellationError() }
      #expect(number.offset == offset && number.divisor == divisor && number.fill == sorted[50])
    }
  }

  @Test func `a question of a hostile server is refused before a row is looked at`() throws {
    let plan = PreprocessingPlan(missing: .median, scale: .standard)
    let questions = try SimulatedFit(Self.sites(Self.table(), 2, seed: 1), Self.plan, plan).questions
    for question in questions { try question.check() }
    let schema = try #require(questions.first).schema
    let hostile: [[StatisticsQuestion.Subject]] = [
      [.levels(feature: schema.features.count)], [.number(feature: -1, .presence)],
      [.number(feature: 0, .presence), .number(feature: 0, .presence)],
      [.number(feature: 0, .values([.nan]))], [.number(feature: 0, .total(exponent: .max))],
      [.target(.spread(center: .infinity, exponent: 0))],
    ]
    for subjects in hostile {
      let question = StatisticsQuestion(schema: schema, missing: .median, subjects: subjects)
      #expect(throws: PreparationError.self, "\(subjects)") { try question.check() }
    }
  }

  @Test func `whole numbers take few exchanges, because they lie on the ends of bins`() throws {
    let values = (0..<200).map { Double($0 * 7 % 83 - 20) }
    let table = try Table.of(["v": .number(values), "y": .number(values)])
    let quick = try SimulatedFit([("a", table)], Self.plan, PreprocessingPlan(missing: .drop, scale: .robust))
    #expect(quick.exchanges == 4)  // columns, exponents, one refinement; the label takes one more
    let slow = try SimulatedFit(
      [("a", try .of(["v": .number(values.map { $0 / 3 }), "y": .number(values)]))], Self.plan,
      PreprocessingPlan(missing: .drop, scale: .robust))
    #expect((4...8).contains(slow.exchanges))
    let standard = try SimulatedFit([("a", table)], Self.plan, PreprocessingPlan())
    #expect(standard.exchanges == 4)  // columns, exponents, totals, spreads
  }

  @Test func `a column without spread is shifted and not blown up`() throws {
    let table = try Table.of([
      "v": .number([Double](repeating: 0.1, count: 77)), "y": .number(normals(77, seed: 1)),
    ])
    var features = Self.plan
    features.features = ["v"]
    for scale in PreprocessingPlan.Scale.allCases where scale.isFitted {
      let fitted = try SimulatedFit(
        try Self.sites(table, 3, seed: 1), features, PreprocessingPlan(scale: scale)
      ).outcome
      #expect(try fitted.prepare(table).features.allSatisfy { $0 == 0 })
    }
  }

  @Test func `declared bounds clip, and nobody's extremes are asked for`() throws {
    let values = [-5, 1, 2, 3, 4, 1_000, .nan]
    let table = try Table.of(["v": .number(values), "y": .number([1, 2, 3, 4, 5, 6, 7])])
    let features = FeaturePlan(
      label: LabelPlan("y", task: .classification, classes: (1...7).map(String.init)), features: ["v"],
      declarations: [ColumnDeclaration("v", kind: .number, minimum: 0, maximum: 10)])
    let scaled = try SimulatedFit([("a", table)], features, PreprocessingPlan(missing: .mean, scale: .minMax))
    #expect(
      scaled.questions.allSatisfy {
        !$0.sums.contains { $0.name.hasSuffix("bins") || $0.name.hasSuffix("exponents") }
      })
    #expect(scaled.exchanges == 2)  // everything is declared: presence, then the total for the mean
    #expect(try scaled.outcome.prepare(table).features == [0, 0.1, 0.2, 0.3, 0.4, 1, Float(1 / 3.0)])
  }

  @Test func `rows with a missing value are dropped, in the statistics too`() throws {
    let table = try Table.of([
      "a": .number([1, 2, .nan, 4]), "b": .text(["u", nil, "v", "u"]), "y": .number([1, 2, 3, .nan]),
      "unused": .number([.nan, .nan, .nan, .nan]),
    ])
    let fit = try SimulatedFit(
      [("a", table)], FeaturePlan(label: LabelPlan("y", task: .regression), features: ["a", "b"]),
      PreprocessingPlan(missing: .drop, scale: .minMax))
    #expect(fit.outcome.trainingRows == 1 && fit.outcome.incompleteRows == 2)
    let prepared = try fit.outcome.prepare(table)
    #expect(prepared.rows == [0])
    #expect(prepared.unlabelled == 1 && prepared.incomplete == 2)
    // Without the label, as for a prediction, the last row counts too.
    #expect(try fit.outcome.prepare(table, withLabel: false).rows == [0, 3])
  }

  @Test func `each site fits its own rows where the plan says so, with the levels of all`() throws {
    let table = try Self.table()
    let sites = try Self.sites(table, 3, seed: 5)
    let plan = PreprocessingPlan(missing: .median, scale: .standard, scope: .site)
    let fit = try SimulatedFit(sites, Self.plan, plan)
    // The columns, then three questions about the label, whose unit is the same for all.
    #expect(fit.exchanges == 4)
    #expect(fit.outcome.needsLocalizing)
    #expect(throws: PreparationError.self) { try fit.outcome.prepare(table) }
    for site in sites {
      let local = try fit.outcome.localized(to: site.table)
      let alone = try FittedPreprocessing(
        fitting: site.table, features: Self.plan, plan: PreprocessingPlan(missing: .median, scale: .standard))
      #expect(!local.needsLocalizing)
      #expect(Array(local.features.prefix(3)) == Array(alone.features.prefix(3)))
      #expect(local.outputNames.suffix(3) == ["d=x", "d=y", "d=z"])
    }
  }

  @Test func `a column without a value at one site is no obstacle, without one anywhere it is`() throws {
    let full = try Table.of(["v": .number([1, 2]), "w": .number([.nan, .nan]), "y": .number([1, 2])])
    let empty = try Table.of([
      "v": .number([.nan, .nan]), "w": .number([.nan, .nan]), "y": .number([1, 2]),
    ])
    let fitted = try SimulatedFit([("a", full), ("b", empty)], Self.plan, PreprocessingPlan(missing: .mean))
      .outcome
    #expect(fitted.outputNames == ["v"])
    #expect(fitted.leftOut == [.init(column: "w", reason: .empty)])
    var features = Self.plan
    features.features = ["v", "w"]
    let error = try #require(throws: PreparationError.self) {
      try SimulatedFit([("a", full), ("b", empty)], features, PreprocessingPlan())
    }
    #expect(error.code == .noValues && error.column == "w")
    // Locally such a column gives zeros.
    let local = try SimulatedFit([("a", full), ("b", empty)], Self.plan, PreprocessingPlan(scope: .site))
      .outcome
    #expect(try local.localized(to: empty).prepare(empty).features == [0, 0])
  }

  @Test func `levels that training never saw give zeros and are counted`() throws {
    let table = try Table.of(["c": .text(["u", "v", "u"]), "y": .number([1, 2, 3])])
    let fitted = try FittedPreprocessing(fitting: table, features: Self.plan)
    let later = try Table.of(["c": .text(["w", "v", nil])])
    let prepared = try fitted.prepare(later, withLabel: false)
    #expect(prepared.features == [0, 0, 0, 1, 1, 0])  // missing counts as the most frequent
    #expect(prepared.unknownLevels == ["c": 1] && prepared.targets == nil)
  }

  @Test func `levels mean the same however a site's file writes them`() throws {
    let sites: [(name: String, table: Table)] = [
      ("a", try .of(["thal": .text(["3.0", "7.0", "?x"]), "y": .number([1, 2, 3])])),
      ("b", try .of(["thal": .number([3, 6, .nan]), "y": .number([1, 2, 3])])),
    ]
    let features = FeaturePlan(
      label: LabelPlan("y", task: .regression), declarations: [ColumnDeclaration("thal", kind: .category)])
    let fitted = try SimulatedFit(sites, features, PreprocessingPlan()).outcome
    #expect(fitted.outputNames == ["thal=3", "thal=6", "thal=7", "thal=?x"])
    #expect(try fitted.prepare(sites[1].table).features.prefix(8) == [1, 0, 0, 0, 0, 1, 0, 0])
  }

  @Test func `values too large or too small to be added exactly are refused by name`() throws {
    for (value, word) in [(1e30, "large"), (1e-30, "small")] {
      let table = try Table.of(["v": .number([value, value * 2]), "y": .number([1, 2])])
      let error = try #require(throws: PreparationError.self) {
        try SimulatedFit([("a", table)], Self.plan, PreprocessingPlan())
      }
      #expect(error.code == .scale && error.message.contains(word) && error.column == "v")
    }
    // Order statistics need no sums.
    let table = try Table.of(["v": .number([1e30, 2e30, 4e300]), "y": .number([1, 2, 3])])
    let fitted = try SimulatedFit(
      [("a", table)], Self.plan, PreprocessingPlan(missing: .drop, scale: .minMax)
    ).outcome
    #expect(try fitted.prepare(table).features.last == 1)
  }

  @Test func `no sum over two thousand million participants can overflow, and over more it is refused`()
    throws
  {
    let fit = try SimulatedFit(
      [("a", try Self.table())], Self.plan, PreprocessingPlan(missing: .median, scale: .robust))
    for question in fit.questions {
      #expect(throws: Never.self) { try question.proveNoOverflow(participants: 2_000_000_000) }
      #expect(throws: FixedPointError.self) { try question.proveNoOverflow(participants: 1 << 31) }
      #expect(question.sums.allSatisfy { $0.bound == GridSum.largestTerm })
      #expect(Set(question.sums.map(\.name)).count == question.sums.count)
    }
  }

  @Test func `sums that no honest participants send are refused, and never trap`() throws {
    let table = try Self.table()
    for plan in Self.allPlans {
      for poison in [Int64.max, .min, -1, 1 << 40] {
        var fit = try PreprocessingFit(Self.plan, plan)
        let rows = Array(0..<table.rowCount)
        try fit.absorb(reports: [
          "a": try ColumnReport(
            of: table, labelled: rows, training: rows, plan: Self.plan, preprocessing: plan)
        ])
        var exchanges = 0
        do {
          while case .sums(let question) = try fit.next(), exchanges < 20 {
            try fit.absorb(sums: question.sums.map { [Int64](repeating: poison, count: $0.count) })
            exchanges += 1
          }
          Issue.record("\(plan) took \(poison) for rows")
        } catch {
          #expect(!error.message.isEmpty)
        }
      }
    }
  }

  @Test func `a model's preprocessing survives its file`() throws {
    let fitted = try FittedPreprocessing(fitting: try Self.table(), features: Self.plan)
    let file = try JSONEncoder().encode(fitted)
    #expect(try JSONDecoder().decode(FittedPreprocessing.self, from: file) == fitted)
  }

  @Test func `a fit that was kept is refused where its parts do not belong together`() throws {
    var fit = try PreprocessingFit(Self.plan, PreprocessingPlan())
    let table = try Self.table()
    let rows = SimulatedFit.labelled(table, Self.plan)
    try fit.absorb(reports: [
      "site": ColumnReport(
        of: table, labelled: rows, training: rows, plan: Self.plan, preprocessing: PreprocessingPlan())
    ])
    let kept = String(decoding: try JSONEncoder().encode(fit), as: UTF8.self)
    func read(_ text: String) throws -> PreprocessingFit {
      try JSONDecoder().decode(PreprocessingFit.self, from: Data(text.utf8))
    }
    #expect(try read(kept) == fit)
    for part in ["numbers", "levelRows"] {
      let longer = kept.replacing("\"\(part)\":[", with: "\"\(part)\":[null,")
      #expect(longer != kept)
      #expect(throws: DecodingError.self) { try read(longer) }
    }
    let rest = kept.dropLast()
    #expect(throws: DecodingError.self) { try read(rest + ",\"rows\":[3]}") }
  }
}
