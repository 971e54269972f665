import Atoll
import Extras
import Testing

struct FactorizationMachineTests {
  @Test func `its gradient is that of its loss`() {
    let model = FactorizationMachine(factors: 2, inputs: 3)
    var coins = RandomStream(seed: 5, purpose: .sample)
    let features = (0..<12).map { _ in Float(coins.normal()) }
    let dataset = Dataset(inputShape: [3], features: features, targets: .classes([0, 1, 1, 0], count: 2))
    var parameters = ParameterSet(zeros: model.layout)
    for index in parameters.values.indices { parameters.values[index] = Float(0.5 * coins.normal()) }
    func loss(_ parameters: ParameterSet) -> Double {
      model.losses(.crossEntropy, on: dataset, at: parameters, using: Workspace()).reduce(0) {
        $0 + Double($1)
      }
    }
    var gradient = ParameterSet(zeros: model.layout)
    let labels: [Int32] = [0, 1, 1, 0]
    features.withUnsafeBufferPointer { features in
      labels.withUnsafeBufferPointer { labels in
        let batch = Batch(
          rows: 4, features: features.baseAddress!, width: 3, targets: .classes(labels.baseAddress!))
        gradient.values.withUnsafeMutableBufferPointer { gradient in
          parameters.values.withUnsafeBufferPointer { parameters in
            _ = model.addGradient(
              of: Objective(.crossEntropy), on: batch, share: 1, at: parameters.baseAddress!,
              to: gradient.baseAddress!, using: Workspace())
          }
        }
      }
    }
    for index in parameters.values.indices {
      var (above, below) = (parameters, parameters)
      above.values[index] += 0.01
      below.values[index] -= 0.01
      let slope = (loss(above) - loss(below)) / 0.02
      #expect(abs(slope - Double(gradient.values[index])) < 2e-3, "parameter \(index)")
    }
  }

  @Test func `it learns in a federation that two columns go together`() throws {
    /// Whether two signs agree: nothing that a linear model could see.
    func site(_ name: String) throws -> Table {
      var coins = RandomStream(seed: 1, purpose: .sample, participant: name)
      let left = (0..<200).map { _ in coins.normal() }
      let right = (0..<200).map { _ in coins.normal() }
      let agree = zip(left, right).map { $0 * $1 > 0 ? "yes" : "no" }
      return try Table(["left": .number(left), "right": .number(right), "agree": .category(agree)])
    }
    let sites: Participants = [
      "north": try site("north"), "south": try site("south"), "west": try site("west"),
    ]
    func auc(_ model: ModelKind) throws -> Double {
      let task = try FederatedTask(
        .classification, label: DataPlan.Label(column: "agree", positive: "= yes"), model: model,
        learningRate: 0.1,
        localEpochs: 3, rounds: 15, baselines: [])
      return try Study(task, participants: sites).run().evaluation?[.auc] ?? .nan
    }
    #expect(try auc(.own(FactorizationMachine(factors: 2))) > 0.95)
    #expect(try auc(.logistic) < 0.65)
  }
}
