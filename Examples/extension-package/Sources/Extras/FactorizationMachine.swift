public import Atoll

/// A factorization machine for two classes: logistic regression that also learns which pairs of columns go together.
///
/// Rendle, "Factorization machines", ICDM 2010, equations 1 and 5: the score of x is
/// w₀ + Σᵢ wᵢ·xᵢ + ½·Σ_f ((Σᵢ vᵢf·xᵢ)² − Σᵢ vᵢf²·xᵢ²).
public struct FactorizationMachine: TaskModel {
  public static let kind = "factorization-machine"

  /// Numbers that describe how a column goes together with others.
  public var factors: Int
  /// Numbers in one example; known once the data are.
  public var inputs: Int

  public init(factors: Int = 4, inputs: Int = 1) {
    self.factors = factors
    self.inputs = inputs
  }

  public var prediction: ModelArchitecture.Prediction { .probability }

  public func shaped(for examples: ExampleShape) -> Self {
    Self(factors: factors, inputs: examples.inputCount)
  }

  public var layout: ParameterLayout {
    ParameterLayout([("factors", [inputs, factors]), ("weight", [inputs]), ("bias", [1])])
  }

  /// Factors are drawn, for at zero they would stay there.
  public func initialParameters(using coins: inout RandomStream) -> ParameterSet {
    var parameters = ParameterSet(zeros: layout)
    for index in 0..<inputs * factors { parameters.values[index] = Float(0.1 * coins.normal()) }
    return parameters
  }

  public func addGradient(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
  ) -> Double {
    guard case .classes(let labels) = batch.targets else { return .nan }
    let sums = workspace.floats(factors)
    var loss = 0.0
    for row in 0..<batch.rows {
      let x = batch.features + row * inputs
      let score = Double(score(of: x, at: parameters, sums: sums))
      let sign = labels[row] == 1 ? 1.0 : -1.0
      // How wrong the model is: 1 − the probability of the true class.
      let wrong = 1 / (1 + Elementary.exp(sign * score))
      loss -= Elementary.log(1 - wrong)
      guard let gradient else { continue }
      let slope = share * Float(-sign * wrong)
      for input in 0..<inputs {
        for factor in 0..<factors {
          let place = input * factors + factor
          gradient[place] += slope * x[input] * (sums[factor] - parameters[place] * x[input])
        }
        gradient[inputs * factors + input] += slope * x[input]
      }
      gradient[inputs * (factors + 1)] += slope
    }
    return loss
  }

  public func predictions(
    at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace
  ) -> [Float] {
    let sums = workspace.floats(factors)
    return parameters.values.withUnsafeBufferPointer { parameters in
      dataset.features.withUnsafeBufferPointer { features in
        (0..<dataset.count).map { row in
          // Safe because there is a parameter, and there is a row.
          let score = score(of: features.baseAddress! + row * inputs, at: parameters.baseAddress!, sums: sums)
          return Float(1 / (1 + Elementary.exp(-Double(score))))
        }
      }
    }
  }

  /// - Parameter sums: room for Σᵢ vᵢf·xᵢ of every factor.
  private func score(
    of x: UnsafePointer<Float>, at parameters: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
  ) -> Float {
    var score = parameters[inputs * (factors + 1)]
    for input in 0..<inputs { score += parameters[inputs * factors + input] * x[input] }
    for factor in 0..<factors {
      var (sum, squares): (Float, Float) = (0, 0)
      for input in 0..<inputs {
        let term = parameters[input * factors + factor] * x[input]
        sum += term
        squares += term * term
      }
      sums[factor] = sum
      score += 0.5 * (sum * sum - squares)
    }
    return score
  }
}
