import CAtollKernels

/// Functions of whole arrays: activations, losses, optimizer steps and exact sums.
extension Kernels {
  // MARK: Activations. y may be x; the backward functions take the forward result y, and dx may be d.

  package func relu(_ x: Input, _ y: Output, count: Int) { table.pointee.relu_forward(x, y, count) }
  package func tanh(_ x: Input, _ y: Output, count: Int) { table.pointee.tanh_forward(x, y, count) }
  package func sigmoid(_ x: Input, _ y: Output, count: Int) { table.pointee.sigmoid_forward(x, y, count) }
  package func exp(_ x: Input, _ y: Output, count: Int) { table.pointee.exp(x, y, count) }
  /// log 0 is −∞, and that of a negative number is not a number.
  package func log(_ x: Input, _ y: Output, count: Int) { table.pointee.log(x, y, count) }

  package func reluBackward(y: Input, d: Input, dx: Output, count: Int) {
    table.pointee.relu_backward(y, d, dx, count)
  }

  package func tanhBackward(y: Input, d: Input, dx: Output, count: Int) {
    table.pointee.tanh_backward(y, d, dx, count)
  }

  package func sigmoidBackward(y: Input, d: Input, dx: Output, count: Int) {
    table.pointee.sigmoid_backward(y, d, dx, count)
  }

  // MARK: Losses

  package static func softmaxScratch(batch: Int, classes: Int) -> Int {
    atoll_softmax_scratch(batch, classes)
  }

  /// p[b][c] = softmax of z[b]; p may be z.
  package func softmax(_ z: Input, _ p: Output, batch: Int, classes: Int, scratch: Output) {
    table.pointee.softmax(z, p, batch, classes, scratch)
  }

  /// loss[b] = log Σ_c exp(z[b][c]) − z[b][label]; d[b][c] = scale[b] · (softmax − one-hot). d may be nil, or
  /// z.
  package func softmaxCrossEntropy(
    z: Input, labels: UnsafePointer<Int32>, scale: Input, loss: Output, d: Output?, batch: Int, classes: Int,
    scratch: Output
  ) {
    table.pointee.softmax_cross_entropy(z, labels, scale, loss, d, batch, classes, scratch)
  }

  /// loss[b] = log(1 + exp(−|z|)) + max(z, 0) − target · z; d[b] = scale[b] · (sigmoid(z) − target).
  package func logisticLoss(z: Input, target: Input, scale: Input, loss: Output, d: Output?, batch: Int) {
    table.pointee.logistic_loss(z, target, scale, loss, d, batch)
  }

  // MARK: Optimizer steps

  /// y += a · x
  package func axpy(_ a: Float, _ x: Input, _ y: Output, count: Int) { table.pointee.axpy(a, x, y, count) }

  /// sum[k] += Σ_b factors[b] · rows[b][k]
  package func weightedSum(_ rows: Input, _ factors: Input, _ sum: Output, batch: Int, count: Int) {
    table.pointee.weighted_sum(rows, factors, sum, batch, count)
  }

  /// to[c][r] = from[r][c]
  package func transpose(_ from: Input, _ to: Output, rows: Int, columns: Int) {
    table.pointee.transpose(from, to, rows, columns)
  }

  /// y = a · b + c, rounded once.
  package func fusedMultiplyAdd(_ a: Input, _ b: Input, _ c: Input, _ y: Output, count: Int) {
    table.pointee.fused_multiply_add(a, b, c, y, count)
  }

  /// Does nothing but so many rounds of multiply-adds on `x`, 256 numbers; returns how many operations they were.
  package func multiplyAddBurst(_ x: Output, rounds: Int) -> Int {
    Int(table.pointee.multiply_add_burst(x, rounds))
  }

  /// velocity = momentum · velocity + gradient;
  /// weights −= rate · (nesterov ? gradient + momentum · velocity : velocity)
  package func momentumStep(
    rate: Float, momentum: Float, nesterov: Bool, gradient: Input, velocity: Output, weights: Output,
    count: Int
  ) {
    table.pointee.momentum_step(rate, momentum, nesterov, gradient, velocity, weights, count)
  }

  /// accumulator += gradient²; weights −= rate · gradient / (√accumulator + epsilon)
  package func adagradStep(
    rate: Float, epsilon: Float, gradient: Input, accumulator: Output, weights: Output, count: Int
  ) {
    table.pointee.adagrad_step(rate, epsilon, gradient, accumulator, weights, count)
  }

  /// Kingma & Ba 2015, Algorithm 1. The caller gives the bias corrections, 1 / (1 − βᵗ); `decay` is decoupled
  /// weight decay: weights −= decay · weights before the step.
  package func adamStep(
    rate: Float, beta1: Float, beta2: Float, epsilon: Float, firstCorrection: Float, secondCorrection: Float,
    decay: Float, gradient: Input, first: Output, second: Output, weights: Output, count: Int
  ) {
    table.pointee.adam_step(
      rate, beta1, beta2, epsilon, firstCorrection, secondCorrection, decay, gradient, first, second, weights,
      count)
  }

  // MARK: Sums

  /// Σ x² in double, in sixteen partial sums.
  package func squaredNorm(_ x: Input, count: Int) -> Double { table.pointee.squared_norm(x, count) }

  /// Adds scale · x, rounded to the nearest even integer, modulo 2⁶⁴. Returns the first index with |x| >
  /// bound or x not finite, and then promises nothing about the accumulator; otherwise `count`. scale · |x|
  /// must stay below 2⁵¹.
  package func accumulateFixed(
    _ x: Input, scale: Double, bound: Float, into accumulator: UnsafeMutablePointer<Int64>, count: Int
  ) -> Int {
    table.pointee.accumulate_fixed(x, scale, bound, accumulator, count)
  }

  /// The same for four arrays at once. Returns whether all numbers are within the bound; if not, nothing is
  /// promised about the accumulator.
  package func accumulateFixed(
    _ x: (Input, Input, Input, Input), scales: (Double, Double, Double, Double), bound: Float,
    into accumulator: UnsafeMutablePointer<Int64>, count: Int
  ) -> Bool {
    withUnsafePointer(to: x) { x in
      withUnsafePointer(to: scales) { scales in
        // Safe because a tuple of one type lies in memory as an array does.
        table.pointee.accumulate_fixed_four(
          UnsafeRawPointer(x).assumingMemoryBound(to: Input.self),
          UnsafeRawPointer(scales).assumingMemoryBound(to: Double.self), bound, accumulator, count)
      }
    }
  }

  /// accumulator += x modulo 2⁶⁴.
  package func accumulateRing(
    _ x: UnsafePointer<Int64>, into accumulator: UnsafeMutablePointer<Int64>, count: Int
  ) {
    table.pointee.accumulate_ring(x, accumulator, count)
  }
}
