import AtollLearning
import AtollNumerics
import Testing

struct GradientTests {
  @Test(arguments: try ModelCase.all())
  func `gradients equal finite differences in double`(_ model: ModelCase) throws {
    let network = Network(model.architecture)
    let reference = ReferenceNetwork(model.architecture)
    let dataset = examples(5, for: model.architecture)
    let parameters = scattered(network.layout)
    let doubles = parameters.values.map(Double.init)

    let (gradient, loss) = meanGradient(network, model.objective, dataset, parameters)
    #expect(abs(loss - reference.meanLoss(doubles, dataset, model.objective)) < 2e-6 * max(1, loss))
    let expected = reference.gradient(doubles, dataset, model.objective)
    let size = expected.map(\.magnitude).max() ?? 0
    #expect(size > 0.01, "a gradient of zero would prove nothing")
    for (index, (found, expected)) in zip(gradient, expected).enumerated() {
      #expect(
        abs(Double(found) - expected) < 3e-6 * max(1, size),
        "\(network.layout.describe(element: index)): \(found) instead of \(expected)")
    }
  }

  @Test(arguments: try ModelCase.all())
  func `outputs equal those of the reference`(_ model: ModelCase) throws {
    let network = Network(model.architecture)
    let dataset = examples(3, for: model.architecture)
    let parameters = scattered(network.layout)
    let outputs = network.outputs(at: parameters, for: dataset, using: Workspace())
    let width = dataset.inputCount
    let expected = (0..<dataset.count).flatMap { row in
      ReferenceNetwork(model.architecture).outputs(
        parameters.values.map(Double.init), dataset.features[row * width..<(row + 1) * width].map(Double.init)
      )
    }
    #expect(outputs.count == expected.count)
    for (found, expected) in zip(outputs, expected) { #expect(abs(Double(found) - expected) < 1e-5) }
  }

  @Test(arguments: try ModelCase.all())
  func `every kernel level gives the same bits`(_ model: ModelCase) throws {
    let dataset = examples(11, for: model.architecture)
    let results = Kernels.available.map { kernels -> [Float] in
      let network = Network(model.architecture, kernels: kernels)
      let parameters = scattered(network.layout)
      let (gradient, loss) = meanGradient(network, model.objective, dataset, parameters)
      return gradient + [Float(loss)]
        + network.predictions(at: parameters, for: dataset, using: Workspace())
    }
    for (kernels, result) in zip(Kernels.available, results) {
      #expect(result.map(\.bitPattern) == results[0].map(\.bitPattern), "\(kernels.name)")
    }
  }

  @Test func `a gradient is added to what is there`() throws {
    let model = try ModelCase("", .mlp(hidden: [9], activation: .tanh), [4], .squaredError)
    let network = Network(model.architecture)
    let dataset = examples(4, for: model.architecture)
    let parameters = scattered(network.layout)
    let (once, _) = meanGradient(network, model.objective, dataset, parameters)
    let (again, _) = meanGradient(network, model.objective, dataset, parameters, from: once)
    for (once, again) in zip(once, again) { #expect(abs(again - 2 * once) < 1e-5) }
  }

  @Test func `a batch larger than what goes through at once is worked off in pieces`() throws {
    let model = try ModelCase("", .softmax, [3], classes: 3, .crossEntropy)
    let network = Network(model.architecture)
    let dataset = examples(network.rowsAtOnce * 2 + 44, for: model.architecture)
    let parameters = scattered(network.layout)
    let (gradient, loss) = meanGradient(network, model.objective, dataset, parameters)
    let reference = ReferenceNetwork(model.architecture)
    let doubles = parameters.values.map(Double.init)
    #expect(abs(loss - reference.meanLoss(doubles, dataset, model.objective)) < 1e-6)
    for (found, expected) in zip(gradient, reference.gradient(doubles, dataset, model.objective)) {
      #expect(abs(Double(found) - expected) < 1e-6)
    }
  }

  @Test(arguments: try ModelCase.all())
  func `a step that stores no gradient is a step along the gradient`(_ model: ModelCase) throws {
    let network = Network(model.architecture)
    let dataset = examples(6, for: model.architecture)
    let parameters = scattered(network.layout)
    let (gradient, loss) = meanGradient(network, model.objective, dataset, parameters)
    var stepped = parameters.values
    var spare = stepped
    let sum = stepped.withUnsafeMutableBufferPointer { weights in
      spare.withUnsafeMutableBufferPointer { spare in
        dataset.withBatch {
          NetworkDescent(network).step(
            model.objective, on: $0, share: 1 / 6, rate: 0.25, at: weights.baseAddress!,
            spare: spare.baseAddress!)
        }
      }
    }
    #expect(sum / 6 == loss)
    for index in stepped.indices {
      #expect(abs(stepped[index] - (parameters.values[index] - 0.25 * gradient[index])) < 1e-6)
    }
  }
}

/// The gradient of the mean loss, added to `start` or to zeros, and the mean loss.
private func meanGradient(
  _ network: Network, _ objective: Objective, _ dataset: Dataset, _ parameters: ParameterSet,
  from start: [Float]? = nil
) -> (gradient: [Float], loss: Double) {
  var gradient = start ?? [Float](repeating: 0, count: network.layout.count)
  let sum = gradient.withUnsafeMutableBufferPointer { gradient in
    parameters.values.withUnsafeBufferPointer { parameters in
      dataset.withBatch {
        network.addGradient(
          of: objective, on: $0, share: 1 / Float(dataset.count), at: parameters.baseAddress!,
          to: gradient.baseAddress!, using: Workspace())
      }
    }
  }
  return (gradient, sum / Double(dataset.count))
}
