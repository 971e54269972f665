import AtollLearning
import AtollNumerics
import Foundation
import Testing

/// `Tests/Vectors/optimizers.json`: PyTorch's optimizers in double precision, made by `optimizers.py` beside it.
private struct OptimizerVectors: Decodable {
  struct Case: Decodable, CustomStringConvertible {
    let name: String
    let kind: OptimizerKind
    /// Parameters after each step.
    let trajectory: [[Double]]
    var description: String { name }
  }
  let start: [Float]
  let gradients: [[Float]]
  let rate: Float
  let cases: [Case]

  static func load() throws -> OptimizerVectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Vectors/optimizers.json")
    return try JSONDecoder().decode(OptimizerVectors.self, from: Data(contentsOf: file))
  }
}

struct OptimizerTests {
  @Test(arguments: try OptimizerVectors.load().cases)
  fileprivate func `each step equals PyTorch's`(_ vector: OptimizerVectors.Case) throws {
    let vectors = try OptimizerVectors.load()
    var optimizer = Optimizer(vector.kind, count: vectors.start.count)
    let trajectory = run(&optimizer, vectors)
    #expect(optimizer.steps == vectors.gradients.count)
    for (step, (found, expected)) in zip(trajectory, vector.trajectory).enumerated() {
      for (found, expected) in zip(found, expected) {
        #expect(abs(Double(found) - expected) < 1e-6, "step \(step)")
      }
    }
  }

  @Test(arguments: try OptimizerVectors.load().cases)
  fileprivate func `a reset optimizer begins anew`(_ vector: OptimizerVectors.Case) throws {
    let vectors = try OptimizerVectors.load()
    var optimizer = Optimizer(vector.kind, count: vectors.start.count)
    let first = run(&optimizer, vectors)
    optimizer.reset()
    #expect(run(&optimizer, vectors) == first)
  }

  @Test(arguments: try OptimizerVectors.load().cases)
  fileprivate func `every kernel level takes the same steps`(_ vector: OptimizerVectors.Case) throws {
    let vectors = try OptimizerVectors.load()
    let results = Kernels.available.map { kernels in
      var optimizer = Optimizer(vector.kind, count: vectors.start.count, kernels: kernels)
      return run(&optimizer, vectors)
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// Parameters after each step.
  private func run(_ optimizer: inout Optimizer, _ vectors: OptimizerVectors) -> [[Float]] {
    var parameters = vectors.start
    return vectors.gradients.map { gradient in
      parameters.withUnsafeMutableBufferPointer { parameters in
        gradient.withUnsafeBufferPointer { gradient in
          optimizer.step(
            parameters.baseAddress!, gradient: gradient.baseAddress!, learningRate: vectors.rate,
            count: gradient.count)
        }
      }
      return parameters
    }
  }
}
