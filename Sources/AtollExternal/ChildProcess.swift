import AtollStore
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A command that runs in a process group of its own, within limits, and leaves nothing running behind it.
///
/// `swift-subprocess` is asynchronous; a trainer works on a thread of its own and blocks it, hence `posix_spawn`.
package struct ChildProcess {
  /// How a command came to its end.
  package enum Reason: Equatable, Sendable {
    /// With this code; a shell's codes above 128 tell of signals.
    case exited(Int32)
    case killed(signal: Int32)
    case timedOut
    case cancelled
  }

  package struct Ended: Sendable {
    package let reason: Reason
    /// The last lines that it wrote.
    package let lastLines: [String]
  }

  private let command: String
  private let argument: String?
  private let memory: Int?

  /// - Parameters:
  ///   - command: as a shell reads it.
  ///   - argument: put behind it, as one word.
  ///   - memory: bytes that each of its processes may allocate.
  package init(command: String, argument: String? = nil, memory: Int? = nil) {
    self.command = command
    self.argument = argument
    self.memory = memory
  }

  /// What the shell does: the first line leaves a guard behind that ends the whole group when this process is gone, however
  /// it went, for then nobody holds the other end of standard input any more.
  private var script: String {
    var lines = [
      "exec 3<&0 </dev/null",
      "( exec >/dev/null 2>&1; read -r _ <&3; kill -s KILL 0 ) &",
      "exec 3<&-",
      "ulimit -c 0",
    ]
    // In kB. Of the data segment: reserved address space, of which frameworks take much, does not count.
    if let memory { lines.append("ulimit -d \(max(1, memory / 1024)) || exit 125") }
    return (lines + [argument == nil ? command : command + " \"$1\""]).joined(separator: "\n")
  }

  /// Runs the command to its end, or ends it.
  ///
  /// - Parameters:
  ///   - limit: the most time that it may take.
  ///   - isCancelled: asked twenty times a second.
  /// - Throws: `StoreError` when no process can be started.
  package func run(for limit: Duration, isCancelled: () -> Bool) throws -> Ended {
    let input = try Pipe.connection()
    let output = try Pipe.ordinary()
    let deadline = ContinuousClock.now + limit
    let group = try spawn(input: input.readEnd, output: output.writeEnd)
    input.closeReadEnd()
    output.closeWriteEnd()
    var tail = OutputTail()
    var isOpen = true
    var reason: Reason?
    while reason == nil {
      if isOpen { isOpen = output.wait(milliseconds: 50) && output.read(into: &tail) } else { usleep(1000) }
      if hasEnded(group) { break }
      if isCancelled() { reason = .cancelled } else if ContinuousClock.now >= deadline { reason = .timedOut }
    }
    // Before the leader is reaped: until then its number cannot be anybody else's.
    kill(-group, SIGKILL)
    let status = reap(group)
    while isOpen, output.wait(milliseconds: 0), output.read(into: &tail) {}
    return Ended(reason: reason ?? Reason(status: status), lastLines: tail.lines)
  }

  private func hasEnded(_ process: pid_t) -> Bool {
    var info = siginfo_t()
    let result = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
    // Of a process that goes on, nothing is told.
    return result == 0 && info.si_signo == SIGCHLD
  }

  private func reap(_ process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private func spawn(input: Int32, output: Int32) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    // As a program expects them, whatever this one has done with its own.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT, SIGCHLD] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    var flags = Int32(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    #if canImport(Darwin)
      flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let arguments = CStrings(["sh", "-c", script, "sh"] + [argument].compactMap(\.self))
    let environment = CStrings(Self.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    var process: pid_t = 0
    let error = posix_spawn(
      &process, "/bin/sh", &actions, &attributes, arguments.pointers, environment.pointers)
    guard error == 0 else {
      throw StoreError(.cannotRead, path: "/bin/sh", "cannot be started: \(String(cString: strerror(error)))")
    }
    return process
  }

  /// This process's, and one thread for each library of linear algebra where nobody has chosen: sums over several threads
  /// are rounded in an order that may change from run to run.
  private static var environment: [String: String] {
    let threads = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]
    return ProcessInfo.processInfo.environment.merging(threads.map { ($0, "1") }) { own, _ in own }
  }
}

extension ChildProcess.Reason {
  /// From a status of `waitpid`.
  fileprivate init(status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
  }
}

/// Texts for C, which end with their value.
private final class CStrings {
  let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) { pointers = texts.map { strdup($0) } + [nil] }

  deinit { pointers.forEach { free($0) } }
}

/// Two ends, which no other child inherits.
private final class Pipe {
  private(set) var readEnd: Int32
  private(set) var writeEnd: Int32

  private init(_ make: (inout [Int32]) -> Int32) throws {
    var ends: [Int32] = [-1, -1]
    guard make(&ends) == 0 else {
      throw StoreError(.cannotRead, path: "pipe", "cannot be made: \(String(cString: strerror(errno)))")
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  /// A pair whose ends no child of another thread can inherit, not even one that is started in this very moment: a guard
  /// waits for the last of them to close. (A pipe cannot be made so with what every system offers.)
  static func connection() throws -> Pipe {
    try Pipe { ends in
      #if canImport(Darwin)
        socketpair(AF_UNIX, SOCK_STREAM, 0, &ends)
      #elseif canImport(Musl)
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &ends)
      #else
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
      #endif
    }
  }

  /// A pipe to read from without waiting. Should another child inherit an end, its end is noticed a moment later.
  static func ordinary() throws -> Pipe {
    let made = try Pipe { pipe(&$0) }
    _ = fcntl(made.readEnd, F_SETFL, O_NONBLOCK)
    return made
  }

  deinit {
    closeReadEnd()
    closeWriteEnd()
  }

  func closeReadEnd() {
    if readEnd >= 0 { close(readEnd) }
    readEnd = -1
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
  }

  /// Waits until there is something to read, or the other end is closed, or the time is over. Always true but for a fault
  /// of the system.
  func wait(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) >= 0 || errno == EINTR
  }

  /// Takes what is there; false when there will be no more.
  func read(into tail: inout OutputTail) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = systemRead(readEnd, &buffer, buffer.count)
      if count > 0 {
        tail.append(buffer[..<count])
      } else {
        return count < 0 && (errno == EAGAIN || errno == EINTR)
      }
    }
  }
}

/// `read`, under a name that a method called `read` does not hide.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(file, buffer, count)
}

/// The end of what a program writes.
struct OutputTail {
  static let mostLines = 12
  private static let kept = 8192
  private var bytes: [UInt8] = []

  mutating func append(_ more: some Collection<UInt8>) {
    bytes += more
    if bytes.count > 4 * Self.kept { bytes.removeFirst(bytes.count - Self.kept) }
  }

  /// The last lines, none of which controls a terminal.
  var lines: [String] {
    let text = String(decoding: bytes.suffix(Self.kept), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).suffix(Self.mostLines)
    return lines.map { line in
      String(
        String.UnicodeScalarView(
          line.unicodeScalars.prefix(300).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format: scalar == "\t" ? " " : "\u{FFFD}"
            default: scalar
            }
          }))
    }
  }
}
