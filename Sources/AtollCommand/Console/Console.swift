/// Where a command's words go: the result to standard output, progress to standard error.
///
/// With `--json` the result is one JSON object per line instead, and there is no progress in words.
struct Console: Sendable {
  let output: Channel
  let progress: Channel
  let isJSON: Bool
  let isQuiet: Bool

  init(isJSON: Bool = false, allowsColour: Bool = true, isQuiet: Bool = false) {
    output = Channel(1, Terminal(of: 1, allowsColour: allowsColour))
    progress = Channel(2, Terminal(of: 2, allowsColour: allowsColour))
    self.isJSON = isJSON
    self.isQuiet = isQuiet
  }

  /// What the reader of the result can show.
  var terminal: Terminal { output.terminal }

  // MARK: The result

  /// Prints a part of the result for people, wrapped at blanks; lines after the first begin with `indent` blanks.
  func print(_ text: StyledText = "", indent: Int = 0) {
    guard !isJSON else { return }
    progress.show(live: nil)
    output.write(terminal.spell(text).wrapped(width: terminal.textWidth, indent: indent))
  }

  /// Prints a table, whose lines are never wrapped.
  func print(_ table: TextTable) {
    guard !isJSON else { return }
    progress.show(live: nil)
    output.write(table.lines(for: terminal))
  }

  /// Prints texts behind labels; a text is wrapped under itself. A label that repeats is left out.
  ///
  /// - Parameters:
  ///   - width: columns of the widest label.
  ///   - margin: blanks before the labels.
  func print(_ entries: [(label: String, text: StyledText)], width: Int = 0, margin: Int = 0, gap: Int = 3) {
    let start = margin + max(width, entries.map(\.label.count).max() ?? 0) + gap
    var previous: String?
    for (label, text) in entries {
      let shown = label == previous ? "" : label
      print(StyledText.blanks(margin) + StyledText(shown).padded(to: start - margin) + text, indent: start)
      previous = label
    }
  }

  /// Writes a JSON object with `"event"` where `--json` asks for it.
  func emit(_ event: String, _ fields: [String: JSON] = [:]) {
    guard isJSON else { return }
    output.write([StyledText(Self.line(event, fields))])
  }

  /// The line that ``emit(_:_:)`` writes of an event, without its end.
  static func line(_ event: String, _ fields: [String: JSON]) -> String {
    JSON.object(fields.merging(["event": .string(event)]) { $1 }).text
  }

  // MARK: Progress

  /// Whether progress is wanted in words.
  var showsProgress: Bool { !isJSON && !isQuiet }

  /// Writes a line of progress.
  func note(_ text: StyledText, indent: Int = 0) {
    guard showsProgress else { return }
    let terminal = progress.terminal
    progress.write(terminal.spell(text).wrapped(width: terminal.textWidth, indent: indent))
  }

  /// Writes lines of a table of progress, which are never wrapped.
  func note(lines: [StyledText]) {
    guard showsProgress else { return }
    progress.write(lines)
  }

  /// Shows what is happening in the last line of a terminal, dim unless parts have styles of their own; nil ends it.
  func show(live text: StyledText?) {
    guard showsProgress else { return }
    progress.show(live: text)
  }

  /// Says what a user should know although the command goes on. `--quiet` does not silence it.
  func warn(_ message: String) {
    emit("warning", ["message": .string(message)])
    guard !isJSON else { return }
    let terminal = progress.terminal
    let text: StyledText = "\("warning:", .warning) \(message)"
    progress.write(terminal.spell(text).wrapped(width: terminal.textWidth, indent: 9))
  }

  /// Reports why the command ends, on standard error, and as an event where events are wanted.
  func report(_ failure: Failure) {
    progress.show(live: nil)
    emit("error", failure.fields)
    progress.write(failure.lines(for: progress.terminal))
  }

  /// - Throws: ``Failure`` when the result could not be written as a whole.
  func check() throws { try output.check() }
}
