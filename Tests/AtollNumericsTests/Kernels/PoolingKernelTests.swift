import Testing

@testable import AtollNumerics

@Suite struct `Max-pooling kernels` {
  // Windows that fill the image, leave a rest, overlap, and skip pixels.
  static let shapes = [
    PoolingShape(inHeight: 8, inWidth: 8, channels: 32, window: 2, stride: 2),
    PoolingShape(inHeight: 7, inWidth: 9, channels: 5, window: 2, stride: 2),
    PoolingShape(inHeight: 9, inWidth: 7, channels: 17, window: 3, stride: 2),
    PoolingShape(inHeight: 10, inWidth: 10, channels: 1, window: 2, stride: 3),
    PoolingShape(inHeight: 16, inWidth: 17, channels: 3, window: 16, stride: 1),
  ]

  @Test(arguments: shapes) func `the largest value and its first position are found`(_ s: PoolingShape) {
    let batch = 2
    var n = Numbers(seed: 31)
    // Few distinct values, so that there are ties.
    let x = n.floats(batch * s.inCount).map { ($0 * 4).rounded() }, d = n.floats(batch * s.outCount)
    let results = onEveryLevel("pooling") { kernels in
      var y = zeros(batch * s.outCount), dx = zeros(batch * s.inCount)
      var choice = [UInt8](repeating: 0, count: batch * s.outCount)
      kernels.maxPoolForward(x: x, y: &y, choice: &choice, shape: s, batch: batch)
      kernels.maxPoolBackward(d: d, choice: choice, dx: &dx, shape: s, batch: batch)
      return [y, choice.map(Float.init), dx]
    }
    var dx = [(sum: Double, scale: Double)](repeating: (0, 0), count: batch * s.inCount)
    for k in 0..<batch * s.outCount {
      let c = k % s.channels, cell = k / s.channels
      let (b, oy, ox) = (cell / s.outWidth / s.outHeight, cell / s.outWidth % s.outHeight, cell % s.outWidth)
      let window = (0..<s.window * s.window).map { p in
        let iy = oy * s.stride + p / s.window, ix = ox * s.stride + p % s.window
        return ((b * s.inHeight + iy) * s.inWidth + ix) * s.channels + c
      }
      let largest = window.map { x[$0] }.max()!
      let first = window.firstIndex { x[$0] == largest }!
      #expect(results[0][k] == largest && results[1][k] == Float(first))
      dx[window[first]].sum += Double(d[k])
      dx[window[first]].scale += 1
    }
    expectClose(results[2], dx, "dx")
  }
}
