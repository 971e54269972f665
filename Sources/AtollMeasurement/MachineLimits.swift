public import AtollNumerics

/// What this machine can do at most: figures of programs are read against them.
public struct MachineLimits: Codable, Sendable {
  /// The kernels that were used: `avx512`, `avx2`, `neon` or `portable`.
  public let kernels: String
  /// Floating-point operations per second of one core that only multiplies and adds, two for each multiply-add.
  public let peak: Spread
  /// Bytes per second that one core reads from memory.
  public let read: Spread
  /// Bytes per second that one core moves in y += a · x, 12 for each element.
  public let triad: Spread

  /// One of the limits.
  public enum Part: String, CaseIterable, Sendable {
    /// ``MachineLimits/peak``, ``MachineLimits/read``, ``MachineLimits/triad``.
    case peak, read, triad
  }

  /// Measures them on one thread.
  ///
  /// - Parameters:
  ///   - kernels: the instructions to compute with.
  ///   - repeats: how often each is measured.
  ///   - seconds: how long one repeat of one of the three lasts.
  ///   - megabytes: size of the memory gone over; several times the largest cache.
  ///   - watching: called with each part and what measures it, whose result it gives back: whoever shows progress or
  ///     watches for disturbances does so around it.
  public init(
    kernels: Kernels = .active, repeats: Int = 5, seconds: Double = 0.3, megabytes: Int = 256,
    watching: (_ part: Part, _ measure: () -> Spread) -> Spread = { _, measure in measure() }
  ) {
    self.kernels = kernels.name
    var chains = [Float](repeating: 1, count: 256)
    peak = chains.withUnsafeMutableBufferPointer { chains in
      // Safe because the array is not empty.
      let start = chains.baseAddress!
      return watching(.peak) {
        Spread.rate(repeats: repeats, seconds: seconds) {
          Double(kernels.multiplyAddBurst(start, rounds: kernels.usesSoftwareFMA ? 10_000 : 1_000_000))
        }
      }
    }
    let count = megabytes << 18
    let x = UnsafeMutablePointer<Float>.allocate(capacity: count)
    let y = UnsafeMutablePointer<Float>.allocate(capacity: count)
    defer {
      x.deallocate()
      y.deallocate()
    }
    x.initialize(repeating: 1, count: count)
    y.initialize(repeating: 0, count: count)
    read = watching(.read) {
      Spread.rate(repeats: repeats, seconds: seconds) {
        precondition(kernels.squaredNorm(x, count: count) == Double(count), "all elements are 1")
        return Double(4 * count)
      }
    }
    triad = watching(.triad) {
      Spread.rate(repeats: repeats, seconds: seconds) {
        kernels.axpy(0.5, x, y, count: count)
        return Double(12 * count)
      }
    }
  }
}
