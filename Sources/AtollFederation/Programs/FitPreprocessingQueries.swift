package import AtollLearning
import AtollNumerics
import FoundationEssentials

/// “Which columns do you have?”
package struct ColumnsQuery: Query {
  package static let kind = "columns"
  /// The longest answer, in bytes: some thousands of levels.
  package static let limit = 4 << 20

  package let features: FeaturePlan
  package let plan: PreprocessingPlan

  package var reply: ReplyShape { .individual(limit: Self.limit) }

  static func encode(_ report: ColumnReport) throws -> Data {
    let bytes = try CanonicalJSON.encode(report)
    guard bytes.count <= limit else {
      throw RunFailure(
        .worker, "the levels of all categories take more than \(limit) bytes", hint: "listing data.features")
    }
    return bytes
  }

  static func decode(_ bytes: Data, from participant: ParticipantID) throws -> ColumnReport {
    do {
      return try CanonicalJSON.decode(ColumnReport.self, from: bytes)
    } catch {
      throw RunFailure(.shape, "the list of columns is not in the form asked for", participant: participant)
    }
  }
}

/// Answers ``ColumnsQuery`` with a ``ColumnReport``.
package struct ColumnsWorker: Worker {
  package init() {}

  package func answer(_ question: ColumnsQuery, in context: inout LocalContext) throws -> Reply {
    let local = try context.data.requiredTable
    let report = try naming(context.participant) { () throws(PreparationError) in
      try ColumnReport(
        of: local.table, labelled: local.training + local.heldOut, training: local.training,
        plan: question.features, preprocessing: question.plan, remarks: local.remarks)
    }
    return .individual(try ColumnsQuery.encode(report))
  }
}

/// “What do your training rows count and add up to?”
package struct StatisticsQuery: Query {
  package static let kind = "statistics"

  package let question: StatisticsQuestion

  package func check() throws { try question.check() }

  package var reply: ReplyShape {
    .sums(
      question.sums.compactMap { sum in
        (try? sum.format).map { SumSpec(.init(rawValue: sum.name), count: sum.count, format: $0) }
      })
  }
}

/// Answers ``StatisticsQuery``.
package struct StatisticsWorker: Worker {
  package init() {}

  package func answer(_ question: StatisticsQuery, in context: inout LocalContext) throws -> Reply {
    let local = try context.data.requiredTable
    let answer = try naming(context.participant) { () throws(PreparationError) in
      try question.question.answer(from: local.table, rows: local.training)
    }
    let named = zip(question.question.sums, answer).map {
      (SumSpec.Name(rawValue: $0.name), Contribution.Numbers.integers($1))
    }
    return .sums(Contribution(sums: Dictionary(uniqueKeysWithValues: named)))
  }
}

extension LocalData {
  fileprivate var requiredTable: LocalTable {
    get throws(RunFailure) {
      guard case .table(let local) = contents else {
        throw RunFailure(.worker, "only tables are preprocessed, and this participant has examples")
      }
      return local
    }
  }
}

/// A fault in one participant's table, with the participant's name.
private func naming<Value>(
  _ participant: ParticipantID, _ work: () throws(PreparationError) -> Value
) throws(PreparationError) -> Value {
  do {
    return try work()
  } catch {
    throw PreparationError(error.code, "\(participant): \(error.message)", column: error.column)
  }
}
