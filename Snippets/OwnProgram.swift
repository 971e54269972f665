// A program of your own: k-means over participants that show the server nothing but counts and sums.
import Atoll
import AtollTesting

extension SumSpec.Name {
  static let members = Self(rawValue: "members")
  static let positions = Self(rawValue: "positions")
}

/// “Which of your rows are nearest to which centre, and where do they lie?”
struct NearestCentres: Query {
  static let kind = "nearest-centres"
  var columns: [String]
  var centres: [[Double]]
  var positions: FixedPoint

  var reply: ReplyShape {
    .sums([
      SumSpec(.members, count: centres.count, format: .counts),
      SumSpec(.positions, count: centres.count * columns.count, format: positions),
    ])
  }

  // A participant does not trust its server: what it is asked must make sense before it looks at its rows.
  func check() throws {
    guard !columns.isEmpty, centres.allSatisfy({ $0.count == columns.count }) else {
      throw RunFailure(.unfit, "each centre needs one number for each column")
    }
  }
}

/// What answers at a participant.
struct NearestCentresWorker: Worker {
  func answer(_ question: NearestCentres, in context: inout LocalContext) throws -> Reply {
    let columns = try question.columns.map { try context.data.numbers($0) }
    var members = question.centres.map { _ in 0.0 }
    var positions = [Double](repeating: 0, count: question.centres.count * columns.count)
    for row in columns[0].indices {
      func distance(_ centre: [Double]) -> Double {
        zip(columns, centre).reduce(0) { $0 + ($1.0[row] - $1.1) * ($1.0[row] - $1.1) }
      }
      let distances = question.centres.map(distance)
      let nearest = distances.indices.min { distances[$0] < distances[$1] } ?? 0
      members[nearest] += 1
      for (place, column) in columns.enumerated() {
        positions[nearest * columns.count + place] += column[row]
      }
    }
    return .sums(Contribution(sums: [.members: .doubles(members), .positions: .doubles(positions)]))
  }
}

/// Lloyd's algorithm (1957): each centre moves to the mean of the rows nearest to it, until none moves.
struct KMeans: FederatedProgram {
  static let kind = "k-means"
  var columns: [String]
  var centres: [[Double]]
  var positions: FixedPoint
  var settled = false

  func next() -> Step<[[Double]]> {
    settled
      ? .finish(centres)
      : .exchange(Exchange(NearestCentres(columns: columns, centres: centres, positions: positions)))
  }

  mutating func absorb(_ result: ExchangeResult) -> StepReport {
    let members = result.sum(.members)
    let positions = result.sum(.positions)
    let moved = centres.indices.map { centre in
      columns.indices.map { column in
        members[centre] > 0
          ? positions[centre * columns.count + column] / members[centre] : centres[centre][column]
      }
    }
    settled = moved == centres
    centres = moved
    return StepReport()
  }
}

let shops = MemoryPopulation([
  "north": try Table(["visits": .number([1, 2, 2, 9, 10]), "spent": .number([10, 12, 9, 55, 60])]),
  "south": try Table(["visits": .number([1, 8, 9, 11]), "spent": .number([8, 50, 58, 61])]),
  "west": try Table(["visits": .number([2, 3, 10]), "spent": .number([11, 14, 57])]),
])
let program = KMeans(
  columns: ["visits", "spent"], centres: [[0, 0], [20, 100]],
  positions: try FixedPoint(fractionBits: 20, bound: 1e6))
let workers = WorkerRegistry(NearestCentresWorker())
let centres = try Simulation(of: shops, workers: workers).run(program)
print("customers gather around", centres)
precondition(
  zip(centres[0], [11.0 / 6, 64.0 / 6]).allSatisfy { abs($0 - $1) < 1e-5 }, "six come seldom and spend little"
)

// The same result on any number of threads, and after a kill at every commit.
let (outcome, exchanges, kills) = try ProgramConformance(population: shops, workers: workers).check(program)
print("\(exchanges) exchanges, killed and resumed \(kills) times")
precondition(outcome == centres && kills == 2 * exchanges, "the program keeps what programs promise")
