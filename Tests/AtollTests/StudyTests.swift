import Atoll
import AtollTesting
import Foundation
import Testing

/// Studies as their users write them: public API only.
@Suite struct StudyTests {
  static let hospitals = Scenario.breastTumours.participants

  static func task(_ strategy: StrategyKind = .fedAvg(), rounds: Int = 3) throws -> FederatedTask {
    try FederatedTask(
      .classification, label: "malignant", model: .logistic, strategy: strategy, rounds: rounds)
  }

  /// SHA-256 of a model's numbers.
  static func hash(_ model: LearnedModel) -> ContentHash {
    ContentHash(of: Safetensors.encode(model.parameters))
  }

  static func folder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "atoll-study-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func `a study tells its rounds, and ends with a model and what it is compared with`() throws {
    var rounds: [Round] = []
    let result = try Study(Self.task(), participants: Self.hospitals, threads: 2).run { rounds.append($0) }
    #expect(rounds.map(\.number) == [1, 2, 3])
    #expect(rounds.map(\.report) == result.rounds)
    #expect(rounds[2].description.hasPrefix("round 3 of 3   4 of 4 participants   accuracy 0."))
    #expect(try #require(rounds[2][.auc]) > 0.95)
    #expect(result.evaluation?.brief == rounds[2].report.evaluation?.pooled)
    #expect(result.baselines.local.count == 4)
    let table = result.description.split(separator: "\n").map { $0.split(separator: " ").first ?? "" }
    #expect(table == ["accuracy", "each", "federated", "all"])
  }

  @Test func `memory and files, one thread and several: the same bytes`() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for site in BreastTumours.sites() {
      try site.csv.write(toFile: "\(folder)/\(site.name).csv", atomically: true, encoding: .utf8)
    }
    let task = try Self.task()
    let expected = Self.hash(try Study(task, participants: Self.hospitals, threads: 1).run().model)

    let files = BreastTumours.hospitals.map { "\(folder)/\($0.name).csv" }
    let named = try FederatedTask(
      .classification, label: "malignant", data: .files(files), model: .logistic, rounds: 3)
    #expect(Self.hash(try Study(named, threads: 3).run().model) == expected)
    #expect(Self.hash(try Study(task, participants: Participants(csv: files)).run().model) == expected)
  }

  @Test func `all at once and round by round, waiting and suspended: the same bytes`() async throws {
    let task = try Self.task()
    let expected = Self.hash(try Self.waiting(for: task))
    let run = try Study(task, participants: Self.hospitals).start()
    var numbers: [Int] = []
    for try await round in run { numbers.append(round.number) }
    #expect(numbers == [1, 2, 3])
    #expect(Self.hash(try #require(run.model)) == expected)
    let suspended = try await Study(task, participants: Self.hospitals).run()
    #expect(Self.hash(suspended.model) == expected)
  }

  /// Blocks, as a program without concurrency does.
  static func waiting(for task: FederatedTask) throws -> LearnedModel {
    try Study(task, participants: Self.hospitals).run().model
  }

  @Test func `tables in memory are split as files are`() throws {
    var tables: [ParticipantID: Table] = [:]
    for site in BreastTumours.sites() {
      tables[try #require(ParticipantID(site.name))] = try Table(csv: MemorySource(site.csv, name: site.name))
    }
    let fromTables = try Study(Self.task(), participants: Participants(tables)).run().model
    let fromText = try Study(Self.task(), participants: Self.hospitals).run().model
    #expect(Self.hash(fromTables) == Self.hash(fromText))
  }

  @Test func `a study left in the middle goes on in its folder, to the same bytes`() throws {
    let folder = try Self.folder() + "/run"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try Self.task(.own(Nesterov()), rounds: 4)
    do {
      let run = try Study(task, participants: Self.hospitals, folder: folder).start()
      #expect(try run.next()?.number == 1)
      #expect(try run.next()?.number == 2)
      #expect(run.model?.round == 2)
    }
    #expect(throws: RunFailure.self) {
      try Study(Self.task(rounds: 5), participants: Self.hospitals, folder: folder).start()
    }
    let result = try Study(task, participants: Self.hospitals, folder: folder).run { #expect($0.number > 2) }
    #expect(result.rounds.count == 4)
    let whole = try Study(task, participants: Self.hospitals).run()
    #expect(Self.hash(result.model) == Self.hash(whole.model))
    #expect(Self.hash(try LearnedModel(contentsOf: folder)) == Self.hash(whole.model))
    // A finished run is not written over.
    #expect(throws: StoreError.self) { try Study(task, participants: Self.hospitals, folder: folder).start() }
  }

  @Test func `an observer that throws, and a cancelled task, end a run after what was committed`()
    async throws
  {
    struct Enough: Error {}
    await #expect(throws: Enough.self) {
      try await Study(Self.task(), participants: Self.hospitals).run { if $0.number == 2 { throw Enough() } }
    }
    let study = try Study(Self.task(rounds: 100_000), participants: Self.hospitals)
    let work = Task { try await study.run() }
    try await Task.sleep(for: .milliseconds(50))
    work.cancel()
    await #expect(throws: CancellationError.self) { try await work.value }
  }

  @Test func `what does not go together is refused before a run begins`() throws {
    #expect(throws: StoreError.self) { try Study(Self.task()) }
    let named = try FederatedTask(
      .classification, label: "malignant", data: .files(["a.csv"]), model: .logistic)
    #expect(throws: RunFailure.self) { try Study(named, participants: Self.hospitals) }
    #expect(throws: TableError.self) {
      try Study(
        FederatedTask(.classification, label: "benign", model: .logistic), participants: Self.hospitals)
    }
    #expect(throws: RunFailure.self) {
      try Study(FederatedTask(.classification, model: .logistic), participants: Self.hospitals)
    }
    #expect(throws: StoreError.self) { try Participants(csv: ["a/x.csv", "b/x.csv"]) }
  }

  // MARK: Other data

  @Test func `examples are learnt from as they are`() throws {
    func examples(_ shift: Float) -> Dataset {
      let x = (0..<40).map { Float($0) / 20 - 1 }
      return Dataset(inputShape: [1], features: x, targets: .values(x.map { 2 * $0 + 0.5 + 0 * shift }))
    }
    let task = try FederatedTask(.regression, model: .linear, learningRate: 0.2, localEpochs: 5, rounds: 10)
    let result = try Study(task, participants: Participants(["a": examples(0), "b": examples(1)])).run()
    #expect(try #require(result.evaluation?[.rmse]) < 0.01)
    let predictions = try result.model.predict(examples(0)).values
    #expect(abs(predictions[0] + 1.5) < 0.05)
    #expect(throws: RunFailure.self) {
      try Study(
        FederatedTask(.classification, model: .logistic), participants: Participants(["a": examples(0)]))
    }
  }

  @Test func `one table is split among made-up participants`() throws {
    let everyone = try Table(csv: MemorySource(BreastTumours.csv, name: "tumours"))
    let task = try FederatedTask(
      .classification, label: "malignant", model: .logistic, rounds: 2, cohort: 5, baselines: [])
    let study = try Study(
      task, participants: Participants(everyone, split: .dirichlet(participants: 20, alpha: 0.5)))
    #expect(study.data.participants.count == 20)
    #expect(try study.run().rounds.map(\.participants) == [5, 5])
  }

  @Test func `a model is saved, read, evaluated, and predicts`() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model = try Study(Self.task(), participants: Self.hospitals).run().model
    #expect(try model.save(to: folder + "/model") == Self.hash(model))
    let read = try LearnedModel(contentsOf: folder + "/model")
    try BreastTumours.csv.write(toFile: folder + "/all.csv", atomically: true, encoding: .utf8)
    let table = try Table(csv: folder + "/all.csv")
    let predictions = try read.predict(table)
    #expect(predictions.count == 569)
    #expect(predictions.classNames == ["0", "1"])
    let likely = predictions.probabilities(of: "1")
    #expect(zip(likely, predictions.labels).allSatisfy { ($0 > 0.5) == ($1 == "1") })
    #expect(zip(likely, predictions.probabilities(of: "0")).allSatisfy { abs($0 + $1 - 1) < 1e-6 })
    #expect(try read.predict(csv: folder + "/all.csv").figures == predictions.figures)
    let evaluation = try read.evaluate(table)
    #expect(try #require(evaluation[.accuracy]) > 0.9)
    #expect(try read.evaluate(csv: folder + "/all.csv") == evaluation)
    #expect(try read.evaluate(table, metrics: [.auc]).metrics.count == 1)
    #expect(throws: PreparationError.self) { try read.predict(Table(["mean_radius": .number([1])])) }
  }
}

/// Server momentum that looks ahead.
struct Nesterov: Strategy {
  var beta = 0.6
  var velocity: [Double]?

  mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    let change = try result.mean(.update)
    let next = zip(velocity ?? change.map { _ in 0 }, change).map { beta * $0 + $1 }
    model.add(zip(change, next).map { $0 + beta * $1 })
    velocity = next
  }
}
