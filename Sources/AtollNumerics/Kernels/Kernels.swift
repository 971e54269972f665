import CAtollKernels

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The hot loops, compiled for one set of processor instructions.
///
/// Every level computes the same bits: the order of the operations follows from the shapes alone. So the
/// choice is one of speed, never of result. The methods work on raw memory and trust their callers with the
/// sizes; layouts, formulae and scratch sizes are documented in `atoll_kernels.h`.
// Safe to share although it holds a pointer: the tables are constants of the program.
public struct Kernels: @unchecked Sendable {
  let table: UnsafePointer<atoll_kernels>

  /// The kernels called `avx512`, `avx2`, `neon` or `portable`; nil where this processor or this build lacks
  /// them.
  public static func named(_ name: String) -> Kernels? {
    atoll_kernels_named(name).map(Kernels.init(table:))
  }

  /// The fastest kernels that this processor has.
  public static let best = Kernels(table: atoll_kernels_best())

  /// All kernels that this processor has, the fastest first.
  public static let available = ["avx512", "avx2", "neon", "portable"].compactMap(named)

  /// The kernels in use: those that the environment variable `ATOLL_KERNELS` names, otherwise the best.
  public static let active = request.kernels

  /// What is wrong with the value of `ATOLL_KERNELS`, where it names kernels that are not available here.
  public static let requestError = request.error

  private static let request: (kernels: Kernels, error: String?) = {
    guard let name = ProcessInfo.processInfo.environment["ATOLL_KERNELS"], !name.isEmpty else {
      return (best, nil)
    }
    if let kernels = named(name) { return (kernels, nil) }
    let names = available.map(\.name).joined(separator: ", ")
    return (
      best, "ATOLL_KERNELS is \"\(name)\", which is not available on this processor; use one of: \(names)."
    )
  }()

  /// `avx512`, `avx2`, `neon` or `portable`.
  public var name: String { String(cString: table.pointee.name) }

  /// Whether the fused multiply-add is computed in software, exactly and tens of times slower: fit for
  /// checking a result, not for training.
  public var usesSoftwareFMA: Bool { name == "portable" }
}
