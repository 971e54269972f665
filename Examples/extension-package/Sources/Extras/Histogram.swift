public import Atoll

/// A histogram of a column over all participants, of whom the server learns the sum of the counts only.
public struct Histogram: FederatedProgram {
  public static let kind = "histogram"

  private let question: CountInBins
  private var counts: [Int64]?

  /// - Parameters:
  ///   - column: a column of numbers that every participant has.
  ///   - edges: the bins' edges, ascending; a bin holds its lower edge. Numbers outside are not counted.
  public init(of column: String, edges: [Double]) {
    question = CountInBins(column: column, edges: edges)
  }

  public func next() -> Step<[Int64]> { counts.map { .finish($0) } ?? .exchange(Exchange(question)) }

  public mutating func absorb(_ result: ExchangeResult) -> StepReport {
    counts = result.integers(.rowsInBin)
    return StepReport(note: "\(result.contributors.count) participants counted")
  }
}

/// “How many of your numbers lie in each bin?”
public struct CountInBins: Query {
  public static let kind = "count-in-bins"

  public let column: String
  public let edges: [Double]

  public init(column: String, edges: [Double]) {
    self.column = column
    self.edges = edges
  }

  public var reply: ReplyShape { .sums([SumSpec(.rowsInBin, count: edges.count - 1, format: .counts)]) }

  // A participant does not trust its server: what it is asked must make sense before it looks at its rows.
  public func check() throws {
    guard edges.count > 1, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw RunFailure(.unfit, "bins need at least two edges, in ascending order")
    }
  }
}

/// Answers ``CountInBins``.
public struct CountInBinsWorker: Worker {
  public init() {}

  public func answer(_ question: CountInBins, in context: inout LocalContext) throws -> Reply {
    var counts = [Int64](repeating: 0, count: question.edges.count - 1)
    for number in try context.data.numbers(question.column) {
      if let bin = question.edges.lastIndex(where: { $0 <= number }), bin < counts.count { counts[bin] += 1 }
    }
    return .sums(Contribution(sums: [.rowsInBin: .integers(counts)]))
  }
}

extension SumSpec.Name {
  /// Rows in each bin.
  public static let rowsInBin = Self(rawValue: "rows-in-bin")
}
