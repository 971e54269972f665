// A trainer of your own: what trains at a participant need not be gradient descent.
import Atoll

/// Ridge regression in closed form: each round, the least squares over a participant's own rows, held near the global
/// model: ‖Xw − y‖² + n·pull·‖w − start‖².
struct Ridge: Trainer {
  var pull = 0.1

  func train(_ work: TrainingWork) throws -> TrainedModel {
    guard case .values(let targets) = work.examples.targets else {
      throw TrainingError(.data, "Ridge predicts numbers.")
    }
    let width = work.examples.inputCount + 1
    let start = work.start.values.map(Double.init)
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    var right = [Double](repeating: 0, count: width)
    for (row, target) in targets.enumerated() {
      let features = work.examples.features[row * (width - 1)..<(row + 1) * (width - 1)]
      let x = features.map(Double.init) + [1]
      for i in 0..<width {
        right[i] += x[i] * Double(target)
        for j in 0..<width { matrix[i][j] += x[i] * x[j] }
      }
    }
    let weight = pull * Double(targets.count)
    for i in 0..<width {
      matrix[i][i] += weight
      right[i] += weight * start[i]
    }
    let solution = solved(matrix, right)
    return TrainedModel(
      parameters: ParameterSet(layout: work.start.layout, values: solution.map { Float($0) }),
      examples: targets.count, meanLoss: 0)
  }
}

/// Gauss's elimination of a positive definite system.
func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
  var (matrix, x) = (matrix, right)
  for pivot in x.indices {
    for row in x.indices where row != pivot {
      let factor = matrix[row][pivot] / matrix[pivot][pivot]
      for column in pivot..<x.count { matrix[row][column] -= factor * matrix[pivot][column] }
      x[row] -= factor * x[pivot]
    }
  }
  return x.indices.map { x[$0] / matrix[$0][$0] }
}

let task = try FederatedTask(
  .regression, label: "mean_area", features: ["mean_radius", "mean_texture", "mean_smoothness"],
  model: .linear,
  rounds: 10, baselines: [])
let hospitals = Scenario.breastTumours.participants
let closed = try Study(task, participants: hospitals, trainer: Ridge()).run()
let descent = try Study(task, participants: hospitals).run()
print(
  "rmse in closed form", closed.evaluation?[.rmse] ?? .nan, "by gradient descent",
  descent.evaluation?[.rmse] ?? .nan)
precondition(closed.evaluation![.r2]! > 0.95, "three measurements tell the area")
