import AtollReport

/// What a reader has been told of a page: a value that gives what is new, as server-sent events.
struct LiveStream {
  private var told: [String: HTML] = [:]

  /// The parts that differ from what was told, and the time, which says that the connection is good.
  mutating func news(of parts: [Part], time: String) -> String {
    var text = "event: time\ndata: \(time)\n\n"
    for part in parts where told[part.id] != part.content {
      told[part.id] = part.content
      text += "event: part\ndata: \(part.id)\n"
      for line in part.content.markup.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        text += "data: \(line)\n"
      }
      text += "\n"
    }
    return text
  }
}
