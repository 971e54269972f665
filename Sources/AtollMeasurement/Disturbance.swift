import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells whether something else kept the machine busy while a piece of work ran: what was measured meanwhile is no figure
/// of the machine.
///
/// The processor time of all processes (the first line of /proc/stat, see proc_stat(5); what a hypervisor took is
/// counted with it) less that of this process and of its children that have ended, over the time on the clock.
public struct Disturbance: Sendable {
  /// Processor cores that something else may keep busy before figures are called disturbed.
  public static let threshold = 0.15

  private let began = ContinuousClock.now
  private let all = Self.allSeconds()
  private let own = Self.ownSeconds()
  private let threads: Int?

  /// Begins to watch.
  ///
  /// - Parameter threads: how many threads the work keeps busy from beginning to end; nil where that changes. Where the
  ///   system does not tell what others do, the time is missed that one such thread waits for a core.
  public init(threads: Int? = nil) { self.threads = threads }

  /// Cores that something else has kept busy since, on average; nil where the system does not tell.
  public var otherCores: Double? {
    let passed = (ContinuousClock.now - began) / .seconds(1)
    let own = Self.ownSeconds() - own
    // Ticks of a hundredth of a second say nothing of less.
    guard passed > 0.05 else { return nil }
    return Self.otherCores(
      all: all.flatMap { before in Self.allSeconds().map { $0 - before } }, own: own, passed: passed,
      threads: threads)
  }

  /// - Parameters:
  ///   - all: seconds of processor time of all processes; nil where they are not known.
  ///   - own: those of this process and its children.
  ///   - passed: seconds on the clock.
  ///   - threads: as for ``init(threads:)``.
  static func otherCores(all: Double?, own: Double, passed: Double, threads: Int?) -> Double? {
    if let all { return max(0, (all - own) / passed) }
    return threads.map { max(0, Double($0) - own / passed) }
  }

  /// Processor time of all processes since the start of the system; nil where /proc/stat is not there.
  private static func allSeconds() -> Double? {
    #if canImport(Darwin)
      return nil
    #else
      guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
      let ticks = sysconf(Int32(_SC_CLK_TCK))
      return busyTicks(in: text).map { Double($0) / Double(max(1, ticks)) }
    #endif
  }

  /// The ticks in which any core was busy; nil where the text is not that of /proc/stat.
  static func busyTicks(in text: String) -> Int? {
    guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user and nice already.
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
    guard ticks.count >= 4 else { return nil }
    let idle = ticks[3] + (ticks.count > 4 ? ticks[4] : 0)
    return ticks.reduce(0, +) - idle
  }

  /// Processor time of this process and of its children that have ended (times(2)).
  private static func ownSeconds() -> Double {
    var spent = tms()
    _ = times(&spent)
    let ticks = Int(spent.tms_utime) + Int(spent.tms_stime) + Int(spent.tms_cutime) + Int(spent.tms_cstime)
    return Double(ticks) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }
}
