import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import Testing

/// Regression from tables: models learn labels in standard units, people read figures in the label's own.
struct NumberLabelTests {
  /// price = 40,000 + 3,000 · size + noise, with other sizes at each site.
  static func population() throws -> [ParticipantID: LocalData] {
    var data: [ParticipantID: LocalData] = [:]
    for (site, name) in ["north", "south", "west"].enumerated() {
      var coins = RandomStream(seed: 5, purpose: .sample, participant: name)
      let sizes = (0..<60).map { _ in 60 + 25 * Double(site) + 15 * coins.normal() }
      let prices = sizes.map { 40_000 + 3_000 * $0 + 9_000 * coins.normal() }
      let table = try Table(names: ["size", "price"], columns: [.number(sizes), .number(prices)])
      data[ParticipantID(stringLiteral: name)] = LocalData(
        .table(LocalTable(table, training: Array(0..<45), heldOut: Array(45..<60))))
    }
    return data
  }

  static func learn(_ loss: String, rate: String = "0.1") throws -> LearnedModel {
    let task = try FederatedTask(
      yaml: Array(
        """
        task: regression
        data: {participants: [north.csv, south.csv, west.csv], label: price}
        model: linear
        training: {loss: \(loss), learning-rate: \(rate), batch-size: 15}
        federation: {rounds: 30}
        evaluation: {every: 30, metrics: [rmse, mae, r2, loss]}
        """.utf8))
    func run<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws -> LearnedModel {
      try Simulation(
        of: MemoryPopulation(population()), workers: .training, store: MemoryRunStore(),
        header: ContentHash(of: [UInt8]()), options: Simulation.Options(seed: 7)
      ).run(program)
    }
    return try run(task.program())
  }

  @Test(arguments: ["squared-error", "absolute-error", "{kind: huber, delta: 0.5}"])
  func `figures are those of the predictions in the label's own unit`(loss: String) throws {
    let model = try Self.learn(loss)
    let preprocessing = try #require(model.preparation.preprocessing)
    let target = try #require(preprocessing.target)
    let network = Network(model.architecture)
    var (errors, labels): ([Double], [Double]) = ([], [])
    for (_, data) in try Self.population().sorted(by: { $0.key < $1.key }) {
      guard case .table(let local) = data.contents, case .number(let prices) = local.table["price"] else {
        throw CancellationError()
      }
      let examples = try preprocessing.apply(to: local.table, rows: local.heldOut)
      let outputs = network.predictions(at: model.parameters, for: examples, using: Workspace())
      for (row, output) in zip(local.heldOut, outputs) {
        errors.append(model.preparation.labelValue(of: Double(output)) - prices[row])
        labels.append(prices[row])
      }
    }
    let rows = Double(errors.count)
    let mean = labels.reduce(0, +) / rows
    let squared = errors.reduce(0) { $0 + $1 * $1 } / rows
    let spread = labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / rows
    let evaluation = try #require(model.evaluation?.pooled)
    let rmse = try #require(evaluation[.rmse])
    #expect(abs(rmse / squared.squareRoot() - 1) < 1e-3)
    #expect(abs(try #require(evaluation[.mae]) / (errors.reduce(0) { $0 + abs($1) } / rows) - 1) < 1e-3)
    #expect(abs(try #require(evaluation[.r2]) - (1 - squared / spread)) < 1e-3)
    #expect((6_500...11_500).contains(rmse))  // the noise that was put in
    let losses = errors.map { error in
      switch loss {
      case "squared-error": return error * error
      case "absolute-error": return abs(error)
      default:
        let delta = 0.5 * target.deviation
        return abs(error) <= delta ? 0.5 * error * error : delta * (abs(error) - 0.5 * delta)
      }
    }
    #expect(abs(try #require(evaluation[.loss]) / (losses.reduce(0, +) / rows) - 1) < 1e-3)
  }

  @Test func `a rate that is too large is called divergence`() throws {
    let failure = try #require(throws: RunFailure.self) { try Self.learn("squared-error", rate: "5") }
    #expect(failure.code == .diverged || failure.code == .outOfRange, "\(failure)")
  }
}
