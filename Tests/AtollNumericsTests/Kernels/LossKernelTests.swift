import Foundation
import Testing

@testable import AtollNumerics

@Suite struct `Loss kernels` {
  @Test(arguments: [1, 2, 3, 10, 16, 33], [2, 3, 10, 62])
  func `softmax cross-entropy and its gradient follow the formulae`(batch: Int, classes: Int) {
    var n = Numbers(seed: 41)
    let z = n.floats(batch * classes).map { $0 * 30 }, scale = n.floats(batch)
    let labels = n.labels(batch, classes: classes)
    let r = onEveryLevel("softmax") { kernels in
      var scratch = zeros(Kernels.softmaxScratch(batch: batch, classes: classes))
      var loss = zeros(batch), d = z, p = z, lossAlone = zeros(batch)
      d.withUnsafeMutableBufferPointer {
        kernels.softmaxCrossEntropy(
          z: $0.baseAddress!, labels: labels, scale: scale, loss: &loss, d: $0.baseAddress!, batch: batch,
          classes: classes, scratch: &scratch)
      }
      kernels.softmaxCrossEntropy(
        z: z, labels: labels, scale: scale, loss: &lossAlone, d: nil, batch: batch, classes: classes,
        scratch: &scratch)
      p.withUnsafeMutableBufferPointer {
        kernels.softmax($0.baseAddress!, $0.baseAddress!, batch: batch, classes: classes, scratch: &scratch)
      }
      return [loss, d, p, lossAlone]
    }
    #expect(r[0] == r[3])
    for b in 0..<batch {
      let row = (0..<classes).map { Double(z[b * classes + $0]) }, largest = row.max()!
      let sum = row.map { Foundation.exp($0 - largest) }.reduce(0, +), label = Int(labels[b])
      let loss = Foundation.log(sum) - (row[label] - largest)
      #expect(abs(Double(r[0][b]) - loss) <= 1e-6 * max(loss, 1))
      for c in 0..<classes {
        let p = Foundation.exp(row[c] - largest) / sum
        // The rounding of z − max is an error of the exponent, so of p in proportion.
        let relative = 1e-6 + (row[c] - largest).magnitude * 0x1p-23
        #expect(abs(Double(r[2][b * classes + c]) - p) <= relative * p + 1e-38)
        let gradient = Double(scale[b]) * (p - (c == label ? 1 : 0))
        #expect(abs(Double(r[1][b * classes + c]) - gradient) <= 3e-7)
      }
    }
  }

  @Test func `a logit that is not a number gives a loss that is not a number`() {
    for kernels in Kernels.available {
      var loss = zeros(1), scratch = zeros(Kernels.softmaxScratch(batch: 1, classes: 3))
      for place in 0..<3 {
        var z: [Float] = [1, 2, 3]
        z[place] = .nan
        kernels.softmaxCrossEntropy(
          z: z, labels: [1], scale: [1], loss: &loss, d: nil, batch: 1, classes: 3, scratch: &scratch)
        #expect(loss[0].isNaN, "\(kernels.name), place \(place)")
      }
    }
  }

  @Test(arguments: [1, 7, 16, 50])
  func `logistic loss and its gradient follow the formulae over a wide range`(batch: Int) {
    var n = Numbers(seed: 43)
    let z = n.floats(batch).map { $0 * 60 }, target = n.floats(batch).map { Float($0 > 0 ? 1 : 0) }
    let scale = n.floats(batch)
    let r = onEveryLevel("logistic loss") { kernels in
      var loss = zeros(batch), d = zeros(batch)
      kernels.logisticLoss(z: z, target: target, scale: scale, loss: &loss, d: &d, batch: batch)
      return [loss, d]
    }
    for b in 0..<batch {
      let x = Double(z[b]), t = Double(target[b])
      // For targets of 0 and 1 all terms are positive, so even a small loss keeps its digits.
      let loss = Foundation.log1p(Foundation.exp(-x.magnitude)) + (max(x, 0) - t * x)
      #expect(abs(Double(r[0][b]) - loss) <= 4e-7 * loss)
      let gradient = Double(scale[b]) * (1 / (1 + Foundation.exp(-x)) - t)
      #expect(abs(Double(r[1][b]) - gradient) <= 3e-7)
    }
  }
}
