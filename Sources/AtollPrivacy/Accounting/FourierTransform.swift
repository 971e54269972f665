import AtollNumerics

/// The discrete Fourier transform of a power of two of complex numbers, in double precision
/// (Cooley & Tukey 1965; forward by decimation in frequency after Gentleman & Sande 1966, backward in time).
///
/// The forward transform leaves its output in bit-reversed order, which the backward one takes: products of transforms
/// do not mind, and no pass is spent on sorting.
struct FourierTransform {
  /// How many numbers; a power of two.
  let count: Int
  /// e^(−2πi·k/count) for k < count/2.
  private let cosines: [Double]
  private let sines: [Double]

  init(count: Int) {
    precondition(count > 0 && count & (count - 1) == 0, "a power of two")
    self.count = count
    let half = 2 / Double(count)
    cosines = (0..<count / 2).map { Elementary.cosPi(Double($0) * half) }
    sines = (0..<count / 2).map { -Elementary.cosPi(0.5 - Double($0) * half) }
  }

  /// X_k = Σ x_n·e^(−2πi·nk/count), X_k at the place with the bits of k reversed.
  func forward(_ real: inout [Double], _ imaginary: inout [Double]) {
    pass(&real, &imaginary) { re, im, cosines, sines in
      var half = count / 2
      while half >= 1 {
        let stride = count / (2 * half)
        for block in Swift.stride(from: 0, to: count, by: 2 * half) {
          for k in 0..<half {
            let (a, b) = (block + k, block + k + half)
            let (dr, di) = (re[a] - re[b], im[a] - im[b])
            re[a] += re[b]
            im[a] += im[b]
            let (c, s) = (cosines[k * stride], sines[k * stride])
            re[b] = dr * c - di * s
            im[b] = dr * s + di * c
          }
        }
        half /= 2
      }
    }
  }

  /// The inverse of ``forward(_:_:)``, scaled by 1/count.
  func backward(_ real: inout [Double], _ imaginary: inout [Double]) {
    pass(&real, &imaginary) { re, im, cosines, sines in
      var half = 1
      while half < count {
        let stride = count / (2 * half)
        for block in Swift.stride(from: 0, to: count, by: 2 * half) {
          for k in 0..<half {
            let (a, b) = (block + k, block + k + half)
            let (c, s) = (cosines[k * stride], -sines[k * stride])
            let (tr, ti) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c)
            re[b] = re[a] - tr
            im[b] = im[a] - ti
            re[a] += tr
            im[a] += ti
          }
        }
        half *= 2
      }
      let scale = 1 / Double(count)
      for i in 0..<count {
        re[i] *= scale
        im[i] *= scale
      }
    }
  }

  private func pass(
    _ real: inout [Double], _ imaginary: inout [Double],
    _ body: (
      UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafePointer<Double>, UnsafePointer<Double>
    ) -> Void
  ) {
    precondition(real.count == count && imaginary.count == count, "as many numbers as the transform has")
    guard count > 1 else { return }
    real.withUnsafeMutableBufferPointer { real in
      imaginary.withUnsafeMutableBufferPointer { imaginary in
        cosines.withUnsafeBufferPointer { cosines in
          sines.withUnsafeBufferPointer { sines in
            // Safe because none of the four is empty.
            body(real.baseAddress!, imaginary.baseAddress!, cosines.baseAddress!, sines.baseAddress!)
          }
        }
      }
    }
  }
}
