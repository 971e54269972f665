import AtollLearning
import Foundation

/// An independent network in double precision: the textbook loops, nothing shared with the product but the description
/// of the layers. Slow, and meant to be obviously right.
struct ReferenceNetwork {
  let layers: [Layer]
  let inputShape: [Int]
  let outputCount: Int

  init(_ architecture: ModelArchitecture) {
    layers = architecture.kind.layers + [.dense(units: architecture.outputCount)]
    inputShape = architecture.inputShape
    outputCount = architecture.outputCount
  }

  /// The outputs for one example; parameters lie layer after layer, weights before bias.
  func outputs(_ parameters: [Double], _ input: [Double]) -> [Double] {
    var rest = parameters[...]
    var x = input
    var shape = inputShape
    func take(_ count: Int) -> [Double] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    for layer in layers {
      switch layer {
      case .dense(let units):
        let w = take(x.count * units)
        let b = take(units)
        x = (0..<units).map { o in x.indices.reduce(b[o]) { $0 + x[$1] * w[$1 * units + o] } }
        shape = [units]
      case .activation(.relu): x = x.map { max(0, $0) }
      case .activation(.tanh): x = x.map { tanh($0) }
      case .activation(.sigmoid): x = x.map { 1 / (1 + exp(-$0)) }
      case .convolution(let channels, let kernel, let stride, let padding):
        let w = take(kernel * kernel * shape[2] * channels)
        let b = take(channels)
        (x, shape) = convolve(x, shape, w, b, channels, kernel, stride, padding)
      case .maxPooling(let window, let stride): (x, shape) = pool(x, shape, window, stride)
      }
    }
    precondition(rest.isEmpty, "every parameter is used")
    return x
  }

  private func convolve(
    _ x: [Double], _ shape: [Int], _ w: [Double], _ b: [Double], _ channels: Int, _ kernel: Int,
    _ stride: Int,
    _ padding: Int
  ) -> ([Double], [Int]) {
    let height = (shape[0] + 2 * padding - kernel) / stride + 1
    let width = (shape[1] + 2 * padding - kernel) / stride + 1
    var y = [Double](repeating: 0, count: height * width * channels)
    for row in 0..<height {
      for column in 0..<width {
        for o in 0..<channels {
          var sum = b[o]
          for ky in 0..<kernel {
            for kx in 0..<kernel {
              let (iy, ix) = (row * stride + ky - padding, column * stride + kx - padding)
              guard (0..<shape[0]).contains(iy), (0..<shape[1]).contains(ix) else { continue }
              for c in 0..<shape[2] {
                sum +=
                  x[(iy * shape[1] + ix) * shape[2] + c]
                  * w[((ky * kernel + kx) * shape[2] + c) * channels + o]
              }
            }
          }
          y[(row * width + column) * channels + o] = sum
        }
      }
    }
    return (y, [height, width, channels])
  }

  private func pool(_ x: [Double], _ shape: [Int], _ window: Int, _ stride: Int) -> ([Double], [Int]) {
    let height = (shape[0] - window) / stride + 1
    let width = (shape[1] - window) / stride + 1
    var y: [Double] = []
    for row in 0..<height {
      for column in 0..<width {
        for c in 0..<shape[2] {
          var largest = -Double.infinity
          for ky in 0..<window {
            for kx in 0..<window {
              largest = max(
                largest, x[((row * stride + ky) * shape[1] + column * stride + kx) * shape[2] + c])
            }
          }
          y.append(largest)
        }
      }
    }
    return (y, [height, width, shape[2]])
  }

  /// Mean weighted loss over a data set.
  func meanLoss(_ parameters: [Double], _ dataset: Dataset, _ objective: Objective) -> Double {
    let width = dataset.inputCount
    let losses = (0..<dataset.count).map { row -> Double in
      let example = dataset.features[row * width..<(row + 1) * width].map(Double.init)
      let z = outputs(parameters, example)
      switch dataset.targets {
      case .values(let values): return Self.loss(objective.loss, z[0], Double(values[row]))
      case .classes(let classes, _):
        let label = Int(classes[row])
        let weight = objective.classWeights.isEmpty ? 1 : Double(objective.classWeights[label])
        return weight * Self.loss(objective.loss, z, label)
      }
    }
    return losses.reduce(0, +) / Double(dataset.count)
  }

  private static func loss(_ loss: Loss, _ z: Double, _ target: Double) -> Double {
    let e = abs(z - target)
    switch loss {
    case .squaredError: return e * e
    case .absoluteError: return e
    case .huber(let delta): return e <= Double(delta) ? e * e / 2 : Double(delta) * (e - Double(delta) / 2)
    case .crossEntropy, .hinge, .squaredHinge: preconditionFailure("a loss for classes")
    }
  }

  private static func loss(_ loss: Loss, _ z: [Double], _ label: Int) -> Double {
    let signs = z.indices.map { z.count == 1 ? (label == 1 ? 1.0 : -1) : (label == $0 ? 1 : -1) }
    let gaps = zip(z, signs).map { max(0, 1 - $0 * $1) }
    switch loss {
    case .crossEntropy where z.count == 1: return log1p(exp(-signs[0] * z[0]))
    case .crossEntropy: return log(z.map { exp($0) }.reduce(0, +)) - z[label]
    case .hinge: return gaps.reduce(0, +)
    case .squaredHinge: return gaps.map { $0 * $0 }.reduce(0, +)
    case .squaredError, .absoluteError, .huber: preconditionFailure("a loss for numbers")
    }
  }

  /// Central differences with step 1e-6 (a larger one would step over kinks of max(0, ·) and pooling).
  func gradient(_ parameters: [Double], _ dataset: Dataset, _ objective: Objective) -> [Double] {
    parameters.indices.map { index in
      var (up, down) = (parameters, parameters)
      up[index] += 1e-6
      down[index] -= 1e-6
      return (meanLoss(up, dataset, objective) - meanLoss(down, dataset, objective)) / 2e-6
    }
  }
}
