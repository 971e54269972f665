/// What goes along while a tree of values is read: where in the tree we are, what was wrong, where each key
/// stood.
struct Reader: Sendable {
  /// Where the key and its value of a key path stand.
  struct Places: Sendable {
    let key: Place
    let value: Place
  }

  /// Paths in the task start here.
  let folder: String
  /// Keys of the whole task, for words about keys in the wrong place.
  let known: [KnownKey]
  /// Kinds of one's own that the task may name.
  let extensions: Extensions
  /// What is read, for messages: `task`.
  let subject: String
  private(set) var problems: [Problem] = []
  /// Every key that was written, by its path.
  private(set) var places: [String: Places] = [:]
  private var path: [String] = []
  private var unfilled: Set<Place> = []

  struct KnownKey: Hashable, Sendable {
    let key: String
    /// The path of the map it belongs in; empty at the top.
    let section: String
  }

  init(
    folder: String, known: [KnownKey], extensions: Extensions = Extensions(), subject: String = "task"
  ) {
    self.folder = folder
    self.subject = subject
    self.known = known
    self.extensions = extensions
  }

  /// `training.learning-rate`, `model.layers[2]`
  var keyPath: String { path.joined(separator: ".").replacing(".[", with: "[") }

  mutating func report(_ problem: Problem) {
    // A variable that could not be filled in is not refused a second time for what it looks like.
    if problem.code == .environment { unfilled.insert(problem.place) }
    guard problem.code == .environment || !unfilled.contains(problem.place) else { return }
    problems.append(problem)
  }

  /// The value is not what its key wants.
  mutating func refuse(_ value: YAMLValue, wanted: String, suggestion: String? = nil) {
    let subject = path.isEmpty ? "the \(self.subject)" : keyPath
    guard value.isEmpty, !path.isEmpty else {
      let message = "\(subject) must be \(wanted), not \(value.inWords)"
      report(Problem(.wrongValue, message, at: value.place, suggestion: suggestion))
      return
    }
    let message = "\(subject) has no value; it must be \(wanted)"
    let place = places[keyPath]?.key ?? value.place
    report(
      Problem(.wrongValue, message, at: place, suggestion: suggestion ?? "give a value, or remove the key"))
  }

  /// Reads what stands under a key.
  mutating func under<Value>(
    _ entry: YAMLValue.Entry, _ read: (YAMLValue, inout Reader) -> Value
  ) -> Value {
    path.append(entry.key.shortened)
    defer { path.removeLast() }
    places[keyPath] = Places(key: entry.place, value: entry.value.place)
    return read(entry.value, &self)
  }

  /// Reads an item of a list.
  mutating func item<Value>(_ index: Int, at place: Place, _ read: (inout Reader) -> Value) -> Value {
    path.append("[\(index)]")
    defer { path.removeLast() }
    places[keyPath] = Places(key: place, value: place)
    return read(&self)
  }

  /// A key that does not belong where it stands.
  mutating func refuseKey(_ entry: YAMLValue.Entry, among fields: [FieldShape], later: [String]) {
    let section = keyPath
    let under = section.isEmpty ? "" : " under \(section)"
    let name = entry.key.shortened
    if later.contains(entry.key) {
      report(
        Problem(
          .notYet, "\(section.isEmpty ? "" : section + ".")\(name) is not in this version", at: entry.place,
          suggestion: "remove the key"))
      return
    }
    report(
      Problem(
        .unknownKey, "unknown key “\(name)”\(under)", at: entry.place,
        suggestion: problems.count < InvalidTask.limit
          ? suggestion(for: entry.key, among: fields, section: section) : nil))
  }

  private func suggestion(for key: String, among fields: [FieldShape], section: String) -> String {
    let names = fields.map(\.key)
    // Other programs call it otherwise, or the same with another sign between its words.
    let own = Aliases.keys(for: key)
    if let here = own.first(where: names.contains) { return "did you mean \(here)?" }
    let elsewhere = known.filter { $0.section != section && $0.key == key }
    if !elsewhere.isEmpty {
      // The sections of a file before what lies deeper in it.
      let depths = Set(elsewhere.map { $0.section.count { $0 == "." } }).sorted()
      let nearest = depths.flatMap { depth in elsewhere.filter { $0.section.count { $0 == "." } == depth } }
      let sections = nearest.prefix(3).map { $0.section.isEmpty ? "the top level" : $0.section }
      let verb = sections == ["the top level"] ? "belongs at" : "belongs under"
      return "\(key) \(verb) \(Shape.enumeration(sections))"
    }
    if let there = own.first(where: { name in known.contains { $0.key == name } }) {
      return "did you mean \(there)\(place(ofKey: there))?"
    }
    if let near = nearest(to: key, among: names) { return "did you mean \(near)?" }
    if let near = nearest(to: key, among: known.map(\.key)) {
      return "did you mean \(near)\(place(ofKey: near))?"
    }
    return names.isEmpty ? "no key is known here" : "known here: \(names.joined(separator: ", "))"
  }

  /// `, under training`
  private func place(ofKey key: String) -> String {
    guard let home = known.first(where: { $0.key == key }), !home.section.isEmpty else { return "" }
    return ", under \(home.section)"
  }
}

// MARK: Cross-checks

extension Reader {
  /// Whether a key was written.
  func isWritten(_ path: String) -> Bool { places[path] != nil }

  /// Where to mark a fault: at the value of the first of these keys that was written, else at the start of
  /// the nearest map around the first, else at the start of the file.
  func place(of paths: String...) -> Place {
    for path in paths { if let places = places[path] { return places.value } }
    var around = paths.first?.split(separator: ".") ?? []
    while around.popLast() != nil {
      if let places = places[around.joined(separator: ".")] { return places.key }
    }
    return .none
  }
}
