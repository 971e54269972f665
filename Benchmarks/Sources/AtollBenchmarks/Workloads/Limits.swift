import AtollMeasurement

/// What the machine can do at most, measured in the same run.
enum LimitsBenchmark {
  static func rows() -> [Row] {
    let limits = MachineLimits()
    return [
      Row("peak-\(limits.kernels)", threads: 1, limits.peak * 1e-9, "GFLOP/s"),
      Row("memory-read", threads: 1, limits.read * 1e-9, "GB/s"),
      Row("memory-triad", threads: 1, limits.triad * 1e-9, "GB/s"),
    ]
  }
}
