import ArgumentParser
import AtollFederation
import AtollReport
import AtollStore

/// Where simulated participants' rows come from, for a task that leaves them to the participants.
struct SourceOptions: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "A participant and its rows, where the task says participants: own. Repeatable.",
      discussion:
        "A CSV file, sqlite:FILE?query=SELECT…, images:IMAGES,LABELS, or a .yaml file about any of them.",
      valueName: "name=source"))
  var sources: [String] = []

  func validate() throws { _ = try named }

  private var named: [(ParticipantID, String)] {
    get throws {
      var names: Set<ParticipantID> = []
      return try sources.map { text in
        guard let mark = text.firstIndex(of: "="), let name = ParticipantID(String(text[..<mark])),
          mark < text.index(before: text.endIndex)
        else { throw ValidationError("--data is written NAME=SOURCE, as in ward=admissions.csv") }
        guard names.insert(name).inserted else { throw ValidationError("--data names “\(name)” twice") }
        return (name, String(text[text.index(after: mark)...]))
      }
    }
  }

  /// The participants; nil where none is named.
  ///
  /// - Throws: `StoreError` and `InvalidDataSource`.
  var participants: Participants? {
    get throws {
      guard !sources.isEmpty else { return nil }
      return Participants(
        sources: Dictionary(uniqueKeysWithValues: try named.map { ($0.0, try DataSource(typed: $0.1)) }))
    }
  }

  /// As they are to be typed again; empty without any.
  var words: String { sources.map { " --data \(Shell.quoted($0))" }.joined() }
}
