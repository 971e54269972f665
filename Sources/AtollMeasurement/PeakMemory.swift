#if canImport(Darwin)
  import Darwin
#else
  import FoundationEssentials
#endif

/// The most memory that this process has held so far.
public enum PeakMemory {
  /// Bytes in memory at the highest point; 0 where the system does not tell.
  public static var bytes: Int {
    #if canImport(Darwin)
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
    #else
      // Not `getrusage`, which hands the figure of the parent down to a new program.
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return 0 }
      return kilobytes << 10
    #endif
  }
}
