import AtollFederation
import AtollLearning
import AtollNumerics
import FoundationEssentials

// Small programs that prove the shape of the primitive. Each is the whole algorithm.

/// Participants with rows of one number.
enum Line {
  static func data(_ numbers: [Float]) -> LocalData {
    let rows = Dataset(
      inputShape: [1], features: numbers, targets: .values([Float](repeating: 0, count: numbers.count)))
    return LocalData(.examples(training: rows, heldOut: rows.examples(at: [])))
  }

  static func numbers(_ context: LocalContext) -> [Float] {
    if case .examples(let rows, _) = context.data.contents { rows.features } else { [] }
  }
}

extension SumSpec.Name {
  static let count = Self(rawValue: "count")
  static let total = Self(rawValue: "total")
}

extension FixedPoint {
  // Safe because the bounds are literals that fit.
  static let counts = try! FixedPoint(fractionBits: 0, bound: 0x1p30)
  static let numbers = try! FixedPoint(fractionBits: 20, bound: 0x1p20)
  static let weighted = try! FixedPoint(fractionBits: 20, bound: 0x1p20, weightCap: 1 << 10)
}

// MARK: k-means: the number of exchanges is decided by the data

struct Assign: Query, Equatable {
  static let kind = "assign"
  var centres: [Double]
  var reply: ReplyShape {
    .sums([
      SumSpec(.count, count: centres.count, format: .counts),
      SumSpec(.total, count: centres.count, format: .numbers),
    ])
  }
}

struct Assigner: Worker {
  func answer(_ question: Assign, in context: inout LocalContext) -> Reply {
    var count = question.centres.map { _ in 0.0 }
    var total = count
    for number in Line.numbers(context).map(Double.init) {
      let nearest = question.centres.indices.min {
        abs(question.centres[$0] - number) < abs(question.centres[$1] - number)
      }
      if let nearest {
        count[nearest] += 1
        total[nearest] += number
      }
    }
    return .sums(Contribution(sums: [.count: .doubles(count), .total: .doubles(total)]))
  }
}

struct KMeans: FederatedProgram {
  static let kind = "k-means"
  var centres: [Double]
  var settled = false

  func next() -> Step<[Double]> { settled ? .finish(centres) : .exchange(Exchange(Assign(centres: centres))) }

  mutating func absorb(_ result: ExchangeResult) -> StepReport {
    let count = result.integers(.count)
    let total = result.sum(.total)
    let moved = centres.indices.map { count[$0] > 0 ? total[$0] / Double(count[$0]) : centres[$0] }
    settled = moved == centres
    centres = moved
    return StepReport()
  }
}

// MARK: two parties: the server relays what it cannot read, weights stay with their owners

struct Residuals: Query, Equatable {
  static let kind = "residuals"
  var recipient: ParticipantID
  var rate: Double
  var reply: ReplyShape { .relay(limit: 1 << 12) }
}

/// Fits y = a·u + b·v where one party has u and y, the other v: each step, the predictions go one way and the residuals
/// come back.
struct Party: Worker {
  func answer(_ question: Residuals, in context: inout LocalContext) throws -> Reply {
    let column = Line.numbers(context).map(Double.init)
    var weight = context.state.floats("weight", count: 1).map { Double($0[0]) } ?? 0
    let received = try context.inbox.first.map { try JSONDecoder().decode([Double].self, from: $0.sealed) }
    func step(_ residuals: [Double]) {
      for (x, residual) in zip(column, residuals) {
        weight -= question.rate * residual * x / Double(column.count)
      }
    }
    let message: [Double]
    if context.participant == "labels" {
      let features = Array(column.prefix(column.count / 2))
      let labels = column.suffix(column.count / 2)
      let partial = received ?? features.map { _ in 0 }
      message = zip(zip(features, labels), partial).map { weight * $0.0 + $1 - $0.1 }
      for (x, residual) in zip(features, message) {
        weight -= question.rate * residual * x / Double(features.count)
      }
    } else {
      if let received { step(received) }
      message = column.map { weight * $0 }
    }
    context.state.keep([Float(weight)], as: "weight")
    let sealed = try JSONEncoder().encode(message)
    return .messages([SealedMessage(from: context.participant, to: question.recipient, sealed: sealed)])
  }
}

struct TwoParties: FederatedProgram {
  static let kind = "two-parties"
  var steps: Int
  var done = 0
  var inFlight: [SealedMessage] = []

  func next() -> Step<[SealedMessage]> {
    if done == steps { return .finish(inFlight) }
    let sender: ParticipantID = done % 2 == 0 ? "features" : "labels"
    let recipient: ParticipantID = done % 2 == 0 ? "labels" : "features"
    return .exchange(
      Exchange(Residuals(recipient: recipient, rate: 0.5), to: .named([sender]), inbox: inFlight))
  }

  mutating func absorb(_ result: ExchangeResult) -> StepReport {
    inFlight = result.messages
    done += 1
    return StepReport()
  }
}

// MARK: asynchronous: a moving average of whoever answers first

struct Pull: Query, Equatable {
  static let kind = "pull"
  var towards: Double
  var reply: ReplyShape { .sums([SumSpec(.total, count: 1, format: .weighted, weighted: true)]) }
}

struct Puller: Worker {
  func answer(_ question: Pull, in context: inout LocalContext) -> Reply {
    let numbers = Line.numbers(context)
    let mean = Double(numbers.reduce(0, +)) / Double(numbers.count)
    context.state.keep([(context.state.floats("asked", count: 1) ?? [0])[0] + 1], as: "asked")
    return .sums(Contribution(weight: numbers.count, sums: [.total: .doubles([mean - question.towards])]))
  }
}

struct Chase: FederatedProgram {
  static let kind = "chase"
  var position = 0.0
  var exchanges: Int
  var done = 0

  func next() -> Step<Double> {
    if done == exchanges { return .finish(position) }
    let buffer = Completion.Buffer(size: 3, maxStaleness: 4)
    return .exchange(
      Exchange(Pull(towards: position), completion: Completion(deadline: .seconds(60), buffer: buffer)))
  }

  mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    position += 0.5 * (try result.mean(.total)[0])
    done += 1
    return StepReport(
      round: RoundReport(round: done, participants: result.contributors.count, cohort: result.cohort))
  }
}
