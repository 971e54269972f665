import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One of the two streams that a command writes to: whole lines, at once and unbuffered, from any thread.
///
/// The last line may be *live*: on a terminal it is rewritten in place, elsewhere it is written as a line of its own where
/// nothing else was for a while.
final class Channel: Sendable {
  let terminal: Terminal
  private let descriptor: Int32
  private let patience: Duration
  private let state: Mutex<State>

  private struct State {
    var live: String?
    var failure: Failure?
    var lastLine = ContinuousClock.now
  }

  /// - Parameter patience: how long who does not look at a terminal waits for a sign of life.
  init(_ descriptor: Int32, _ terminal: Terminal, patience: Duration = .seconds(10)) {
    self.descriptor = descriptor
    self.terminal = terminal
    self.patience = patience
    state = Mutex(State())
  }

  /// Writes lines above the live one.
  func write(_ lines: [StyledText]) {
    let text = lines.map { terminal.render($0) + "\n" }.joined()
    state.withLock { state in
      state.lastLine = .now
      guard let live = state.live else { return send(Array(text.utf8), &state) }
      send(Array((Self.eraseLine + text + live).utf8), &state)
    }
  }

  /// Writes bytes that are no text for people, such as CSV.
  func write(bytes: [UInt8]) {
    state.withLock { send(bytes, &$0) }
  }

  /// Shows a line that the next one replaces; nil takes it away.
  func show(live text: StyledText?) {
    guard terminal.isInteractive else { return signLife(text) }
    let line = text.map { terminal.render(terminal.truncated($0, to: terminal.width - 1)) }
    state.withLock { state in
      guard line != state.live else { return }
      send(Array((Self.eraseLine + (line ?? "")).utf8), &state)
      state.live = line
    }
  }

  private func signLife(_ text: StyledText?) {
    guard let text else { return }
    state.withLock { state in
      guard ContinuousClock.now - state.lastLine >= patience else { return }
      state.lastLine = .now
      send(Array((terminal.render(terminal.spell(text)) + "\n").utf8), &state)
    }
  }

  /// - Throws: ``Failure`` when something could not be written.
  func check() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// To the first column, then erase in line (ECMA-48 §8.3.41).
  private static let eraseLine = "\r\u{1B}[2K"

  private func send(_ bytes: [UInt8], _ state: inout State) {
    guard state.failure == nil else { return }
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if written < 0 {
          if errno == EINTR { continue }
          let words =
            errno == ENOSPC ? "there is no space left on the disk" : String(cString: strerror(errno))
          state.failure = Failure(
            .cannotWrite, "the output cannot be written: \(words)",
            undone: "What is missing in the output was not shown; files are as they are.")
          return
        }
        rest = rest.dropFirst(written)
      }
    }
  }
}

/// `write`, under a name that a method called `write` does not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
