import AtollNumerics
import Foundation

/// A seed whose run violates something, with as few of its faults as still show it.
struct FaultReport: CustomStringConvertible {
  let seed: UInt64
  let mutant: Mutant?
  private let violations: [String]
  private let faults: [FaultPlan.Fault]
  private let removed: Int

  /// Those that it takes to show what is violated.
  var faultCount: Int { faults.count }

  /// Runs a seed.
  ///
  /// - Returns: nil where all holds.
  init?(seed: UInt64, mutant: Mutant? = nil, shortening: Bool = true) throws {
    var world = try FaultWorld(seed: seed, mutant: mutant)
    guard try !world.run().isEmpty else { return nil }
    let first = world.plan.faults.count
    var suppressed: Set<Int> = []
    // Halves, quarters and so on down to single faults: what can be left out is.
    var size = shortening ? max(1, first / 2) : 0
    while size > 0 {
      var start = 0
      while start < world.plan.faults.count {
        let left = world.plan.faults[start..<min(start + size, world.plan.faults.count)].map(\.occasion)
        let shorter = try FaultWorld(seed: seed, mutant: mutant, suppressed: suppressed.union(left))
        if try !shorter.run().isEmpty, shorter.plan.faults.count < world.plan.faults.count {
          suppressed.formUnion(left)
          world = shorter
        } else {
          start += size
        }
      }
      size /= 2
    }
    self.seed = seed
    self.mutant = mutant
    violations = world.oracle.violations
    faults = world.plan.faults
    removed = first - faults.count
  }

  var description: String {
    let trace = faults.map { fault in
      "  \(Figure.duration(seconds: Double(fault.time) / 1000)): \(fault.kind.rawValue), \(fault.what)"
    }
    return
      ([
        "seed \(seed)\(mutant.map { ", mutant \($0.rawValue)" } ?? ""): \(violations.first ?? "")",
        "after \(faults.count) faults (\(removed) more do not matter):",
      ] + trace + ["again: ATOLL_FAULT_SEED=\(seed) script/test --filter 'Faults drawn by a seed'"])
      .joined(separator: "\n")
  }
}

/// The seeds that a test runs: `ATOLL_FAULT_SEED` names one, `ATOLL_FAULT_SEEDS` says how many.
enum FaultSeeds {
  static var all: Range<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let one = environment["ATOLL_FAULT_SEED"].flatMap({ UInt64($0) }) { return one..<one + 1 }
    return 0..<(environment["ATOLL_FAULT_SEEDS"].flatMap { UInt64($0) } ?? 10_000)
  }
}
