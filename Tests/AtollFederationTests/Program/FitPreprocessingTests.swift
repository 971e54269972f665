import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollTesting
import FoundationEssentials
import Testing

@Suite struct FitPreprocessingTests {
  static let features = FeaturePlan(
    label: LabelPlan("sick", task: .classification, positive: PositiveRule("> 0")))

  static var workers: WorkerRegistry {
    var workers = WorkerRegistry()
    workers.register(ColumnsWorker())
    workers.register(StatisticsWorker())
    return workers
  }

  static func table(rows: Int = 120) throws -> Table {
    var coins = RandomStream(seed: 5, purpose: .sample)
    func column(_ mean: Double, _ holes: Double) -> Table.Column {
      .number((0..<rows).map { _ in coins.uniform() < holes ? .nan : mean + coins.normal() })
    }
    let stages = (0..<rows).map { row in row % 11 == 0 ? Int32(-1) : Int32(row * 7 % 3) }
    return try Table(
      names: ["pressure", "lactate", "stage", "sick"],
      columns: [
        column(120, 0.1), column(1e-3, 0.3), .category(codes: stages, levels: ["I", "II", "III"]),
        .number((0..<rows).map { Double($0 % 4) }),
      ])
  }

  static func population(_ table: Table, parts: Int) throws -> MemoryPopulation {
    var data: [ParticipantID: LocalData] = [:]
    for part in try PartitionPlan.quantity(participants: parts, alpha: 1).partition(table, seed: 2).parts {
      let own = table.rows(at: part.rows)
      let id = try #require(ParticipantID(part.name))
      let split = try TrainTestSplit(own, holdingOut: 0.2, plan: features, seed: 2, participant: part.name)
      data[id] = LocalData(.table(LocalTable(own, training: split.train, heldOut: split.test)))
    }
    return MemoryPopulation(data)
  }

  @Test(arguments: [
    PreprocessingPlan(), PreprocessingPlan(missing: .median, scale: .robust, categories: .dropFirst),
    PreprocessingPlan(missing: .mostFrequent, scale: .minMax),
    PreprocessingPlan(missing: .drop, scope: .site),
  ])
  func `killed at any exchange, a fit resumes to the same bytes`(plan: PreprocessingPlan) throws {
    let population = try Self.population(try Self.table(), parts: 4)
    let conformance = ProgramConformance(population: population, workers: Self.workers)
    let (fitted, exchanges, kills) = try conformance.check(try FitPreprocessing(Self.features, plan))
    #expect(kills == 2 * exchanges)
    let preprocessing = try #require(fitted.preprocessing)
    #expect(preprocessing.plan == plan)
    #expect(preprocessing.needsLocalizing == (plan.scope == .site))
  }

  @Test func `the outcome is the fit of the pooled training rows, bit for bit`() throws {
    let table = try Self.table()
    let plan = PreprocessingPlan(missing: .median, scale: .standard)
    let population = try Self.population(table, parts: 5)
    var training: [Table] = []
    for participant in population.participants {
      guard case .table(let local) = try population.data(of: participant).contents else { continue }
      training.append(local.table.rows(at: local.training))
    }
    let pooled = try FittedPreprocessing(
      fitting: try .concatenating(training), features: Self.features, plan: plan)
    let federated = try Simulation(
      of: population, workers: Self.workers, store: MemoryRunStore(), header: ContentHash(of: [UInt8]()),
      options: Simulation.Options(seed: 1)
    ).run(try FitPreprocessing(Self.features, plan))
    #expect(federated.preprocessing == pooled)
    #expect(federated.classRows.reduce(0, +) == pooled.trainingRows)
  }

  @Test func `when a participant leaves, the fit begins anew with the others`() throws {
    let population = try Self.population(try Self.table(), parts: 4)
    let plan = PreprocessingPlan(missing: .mean, scale: .standard)
    var program = try FitPreprocessing(Self.features, plan, completion: Completion(quorum: 0.5))
    var notes: [String] = []
    var present = population.participants
    var exchanges = 0
    while case .exchange(let exchange) = try program.next() {
      if exchanges == 2 { present.removeFirst() }
      if exchanges > 2 { #expect(exchange.audience == .named(present)) }
      let result = try Self.answers(of: present, in: population, to: exchange)
      if let note = try program.absorb(result).note { notes.append(note) }
      exchanges += 1
    }
    guard case .finish(let fitted) = try program.next() else { throw CancellationError() }
    #expect(notes.count == 2 && notes[0].hasPrefix("participant-01 left"))
    var rest: [ParticipantID: LocalData] = [:]
    for participant in present { rest[participant] = try population.data(of: participant) }
    var other = try FitPreprocessing(Self.features, plan)
    while case .exchange(let exchange) = try other.next() {
      _ = try other.absorb(try Self.answers(of: present, in: MemoryPopulation(rest), to: exchange))
    }
    guard case .finish(let expected) = try other.next() else { throw CancellationError() }
    #expect(fitted == expected)
  }

  /// The answers of an exchange, summed as a server would.
  static func answers(
    of participants: [ParticipantID], in population: MemoryPopulation, to exchange: Exchange
  ) throws -> ExchangeResult {
    let workbench = Workbench()
    let answerer = try workers.answerer(of: exchange.query, on: workbench)
    var individual: [(participant: ParticipantID, reply: FoundationEssentials.Data)] = []
    var specs: [SumSpec] = []
    if case .sums(let asked) = exchange.query.reply { specs = asked }
    var sum = ExactSum(counts: specs.map(\.count))
    for participant in participants {
      var context = LocalContext(
        participant: participant, data: try population.data(of: participant), exchange: 0, seed: 1,
        workbench: workbench)
      switch try answerer(&context) {
      case .individual(let bytes): individual.append((participant, bytes))
      case .sums(let contribution):
        sum.add(try exchange.protection.protect(contribution, as: specs, of: exchange.query))
      case .messages: throw CancellationError()
      }
    }
    return ExchangeResult(
      contributors: participants, cohort: participants.count, population: population.participants.count,
      shape: exchange.query.reply, sum: sum, individual: individual)
  }

  @Test func `a fault in a table names the participant`() throws {
    let good = try Self.table()
    let bad = try good.columns(["pressure", "stage", "sick"])
    let population = MemoryPopulation([
      "a": LocalData(.table(LocalTable(good, training: Array(0..<120), heldOut: []))),
      "b": LocalData(.table(LocalTable(bad, training: Array(0..<120), heldOut: []))),
    ])
    func fit(_ features: FeaturePlan) throws {
      _ = try Simulation(
        of: population, workers: Self.workers, store: MemoryRunStore(), header: ContentHash(of: [UInt8]()),
        options: Simulation.Options(seed: 1)
      ).run(try FitPreprocessing(features))
    }
    let disagreement = try #require(throws: PreparationError.self) { try fit(Self.features) }
    #expect(disagreement.code == .disagreement && disagreement.column == "lactate")
    #expect(disagreement.message.contains("missing at b"))
    var listed = Self.features
    listed.features = ["pressure", "lactat"]
    let unknown = try #require(throws: PreparationError.self) { try fit(listed) }
    #expect(unknown.code == .unknownColumn && unknown.message.hasPrefix("a: "))
    #expect(unknown.message.contains("did you mean “lactate”"))
  }
}
