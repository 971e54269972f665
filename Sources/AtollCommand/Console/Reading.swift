import AtollFederation
import AtollNumerics
import AtollStore

extension Console {
  /// Shows which of a task's files is being read, and how much of it is done.
  ///
  /// - Parameter isCancelled: asked between pieces; the reading ends with `RunFailure` when it holds.
  func reading(until isCancelled: @escaping @Sendable () -> Bool = { false }) -> TaskData.Progress {
    { path, share in
      if isCancelled() { throw RunFailure(.cancelled, "stopped while \(path) was being read") }
      show(live: Self.reading(path, share))
    }
  }

  /// The same for a single file that is read in several passes, one after the other.
  func reading(_ path: String, pass: Int, of passes: Int) -> FileSource.Progress {
    { read, all in
      show(live: Self.reading(path, (Double(pass) + Double(read) / Double(max(1, all))) / Double(passes)))
    }
  }

  private static func reading(_ path: String, _ share: Double) -> StyledText {
    StyledText("reading \(path), \(Figure.percent(min(1, share), 0))", .dim)
  }
}
