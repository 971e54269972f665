import AtollLearning
import AtollNumerics
import Foundation

@testable import AtollFederation

/// A program whose result hangs on everything that ever counted: each participant's answer is a function of who it is,
/// of the exchange, the model and what it remembers, and the next model is a function of all sums so far. An answer
/// that is lost, counted twice or computed from a wrong memory changes every byte that comes after.
struct Ladder: FederatedProgram {
  static let kind = "ladder"
  var rounds: Int
  var quorum: Double
  /// In milliseconds.
  var deadline: Int
  /// Of the population.
  var fraction: Double
  var done = 0
  var sums: [Int64] = []
  var model: ParameterSet

  static let layout = ParameterLayout([("rung", [3])])

  init(rounds: Int, quorum: Double, deadline: Int, fraction: Double) {
    (self.rounds, self.quorum, self.deadline, self.fraction) = (rounds, quorum, deadline, fraction)
    model = ParameterSet(layout: Self.layout, values: [1, 2, 3])
  }

  func next() -> Step<[Int64]> {
    guard done < rounds else { return .finish(sums) }
    // The question has a model that the checkpoint has not: it is written when the exchange opens.
    let asked = ParameterSet(layout: Self.layout, values: model.values.map { $0 + Float(done) })
    return .exchange(
      Exchange(
        Climb(model: asked, step: done, width: done % 3 == 1 ? 12 : 2),
        to: fraction < 1 ? .sample(fraction: fraction) : .all,
        completion: Completion(quorum: quorum, deadline: .milliseconds(deadline))))
  }

  mutating func absorb(_ result: ExchangeResult) -> StepReport {
    sums = result.integers(.rungs).map { $0 & 0xFFFF }
    for (index, sum) in sums.enumerated() {
      model.values[index % 3] = Float((Int64(model.values[index % 3]) &* 31 &+ sum) & 0xFFFF)
    }
    done += 1
    return StepReport(
      round: RoundReport(round: done, participants: result.contributors.count, cohort: result.cohort))
  }
}

extension SumSpec.Name {
  static let rungs = Self(rawValue: "rungs")
}

struct Climb: Query {
  static let kind = "climb"
  var model: ParameterSet
  var step: Int
  var width: Int
  var reply: ReplyShape { .sums([SumSpec(.rungs, count: width, format: .counts)]) }
}

extension Climb: TaskQuestion {
  /// Any task may ask it, so that it comes past the participants' gates.
  func departure(from task: FederatedTask) -> String? { nil }
}

struct Climber: Worker {
  func answer(_ question: Climb, in context: inout LocalContext) -> Reply {
    let before = context.state["rung"].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } } ?? 0
    var number = mixed(before ^ UInt64(question.step))
    for byte in context.participant.name.utf8 { number = mixed(number ^ UInt64(byte)) }
    for value in question.model.values { number = mixed(number ^ UInt64(value.bitPattern)) }
    let answer = (0..<question.width).map { Int64(mixed(number &+ UInt64($0)) & 0xFF_FFFF) }
    // Not every exchange changes what is remembered.
    if question.step % 3 != 2 {
      context.state["rung"] = Data((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
    }
    return .sums(Contribution(sums: [.rungs: .integers(answer)]))
  }
}

extension LocalData {
  /// What a participant has who needs no data.
  static let ofNobody: LocalData = {
    let row = Dataset(inputShape: [1], features: [0], targets: .values([0]))
    return LocalData(.examples(training: row, heldOut: row.examples(at: [])))
  }()
}
