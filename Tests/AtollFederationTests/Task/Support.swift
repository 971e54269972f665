@testable import AtollFederation

/// The smallest task there is.
let smallest = """
  task: classification
  data:
    participants: [sites/a.csv, sites/b.csv]
    label: malignant
  model: logistic
  """

/// The faults of a task, as they are printed; empty for a valid one.
func faults(
  _ yaml: String, overrides: [String] = [], environment: [String: String] = [:]
) -> String {
  do {
    _ = try FederatedTask(yaml: yaml, overrides: overrides) { environment[$0] }
    return ""
  } catch {
    return error.description
  }
}

/// The faults of the smallest task with some lines more.
func faults(adding lines: String) -> String { faults(smallest + "\n" + lines) }

/// The problems of a task that is not valid.
func problems(_ yaml: String, overrides: [String] = []) -> [TaskError] {
  do {
    _ = try FederatedTask(yaml: yaml, overrides: overrides)
    return []
  } catch {
    return error.problems
  }
}

/// Lehmer's generator with Knuth's constants: the tests are the same everywhere and every time.
struct LinearCongruential: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
