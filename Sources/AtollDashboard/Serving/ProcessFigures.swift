import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Figures of the process itself.
struct ProcessFigures: Sendable {
  /// Nil where the system does not tell.
  var residentBytes: Int?
  var cpuSeconds: Double?
  /// Seconds since 1970.
  var startSeconds: Double

  /// When this was first asked for, which is when the dashboard is made.
  static let start = Date.now.timeIntervalSince1970

  static var now: ProcessFigures {
    // In microseconds on every system that follows POSIX; -1 where it is not known.
    let time = clock()
    return ProcessFigures(
      residentBytes: residentBytes, cpuSeconds: time >= 0 ? Double(time) / 1e6 : nil, startSeconds: start)
  }

  /// From Linux's own file about the process: its second figure is the resident pages.
  private static var residentBytes: Int? {
    guard let bytes = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
  }
}
