// A model of your own: the 90th percentile of the length of a hospital stay, learnt at three hospitals.
import Atoll

/// Linear quantile regression (Koenker & Bassett 1978): the loss is level·e above the line and (level − 1)·e below it.
struct QuantileRegression: TaskModel {
  var level = 0.5
  var inputs = 1

  func shaped(for examples: ExampleShape) -> Self { Self(level: level, inputs: examples.inputCount) }

  var layout: ParameterLayout { ParameterLayout([("weight", [inputs]), ("bias", [1])]) }

  func addGradient(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
  ) -> Double {
    guard case .values(let targets) = batch.targets else { return .nan }
    var loss: Float = 0
    for row in 0..<batch.rows {
      let x = batch.features + row * inputs
      var prediction = parameters[inputs]
      for column in 0..<inputs { prediction += parameters[column] * x[column] }
      let error = targets[row] - prediction
      let slope = error > 0 ? Float(level) : Float(level) - 1
      loss += slope * error
      guard let gradient else { continue }
      for column in 0..<inputs { gradient[column] -= share * slope * x[column] }
      gradient[inputs] -= share * slope
    }
    return Double(loss)
  }

  func predictions(at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace) -> [Float] {
    (0..<dataset.count).map { row in
      (0..<inputs).reduce(parameters["bias"].first ?? 0) { sum, column in
        sum + parameters.values[column] * dataset.features[row * inputs + column]
      }
    }
  }
}

/// Made-up stays: the older, the longer, and the longer, the less certain.
func hospital(_ name: String) throws -> Table {
  var coins = RandomStream(seed: 1, purpose: .sample, participant: name)
  let ages = (0..<200).map { _ in (20 + 70 * coins.uniform()).rounded() }
  let days = ages.map { age in (age / 10) * (0.5 + coins.uniform()) }
  return try Table(["age": .number(ages), "days": .number(days)])
}
let hospitals: Participants = [
  "ashford": try hospital("ashford"), "birk": try hospital("birk"), "corvo": try hospital("corvo"),
]

let task = try FederatedTask(
  .regression, label: "days", model: .own(QuantileRegression(level: 0.9)), learningRate: 0.05, localEpochs: 4,
  rounds: 20, baselines: [])
let model = try Study(task, participants: hospitals).run().model

let everyone = try Table.concatenating([hospital("ashford"), hospital("birk"), hospital("corvo")])
let percentiles = try model.predict(everyone).values
let below = zip(try everyone.numbers("days"), percentiles).count { $0 < $1 }
print("\(below) of \(everyone.rowCount) stays are shorter than their predicted 90th percentile")
precondition(abs(Double(below) / Double(everyone.rowCount) - 0.9) < 0.03, "nine of ten stays are shorter")
