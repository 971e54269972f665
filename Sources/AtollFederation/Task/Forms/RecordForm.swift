/// One key of a record: its name, its form, what holds without it, and the property it stands for.
struct Field<Root>: Sendable {
  let key: String
  let shape: Shape
  /// Nil: the value that a new root has.
  let standard: Standard?
  let meaning: String
  let read: @Sendable (YAMLValue, inout Reader, inout Root) -> Void
  /// Nil when the key is not to be written.
  let write: @Sendable (Root) -> YAMLValue?

  /// A key whose default is what a new root has.
  init<Value>(
    _ key: String, _ property: any WritableKeyPath<Root, Value> & Sendable, _ form: Form<Value>,
    _ meaning: String
  ) {
    self.key = key
    self.shape = form.shape
    self.standard = nil
    self.meaning = meaning
    read = { value, reader, root in
      if let value = form.read(value, &reader) { root[keyPath: property] = value }
    }
    write = { form.write($0[keyPath: property]) }
  }

  /// A key that is required, or whose default follows from others, or whose absence has a meaning.
  init<Value>(
    _ key: String, _ property: any WritableKeyPath<Root, Value?> & Sendable, _ form: Form<Value>,
    _ standard: Standard,
    _ meaning: String
  ) {
    self.key = key
    self.shape = form.shape
    self.standard = standard
    self.meaning = meaning
    read = { value, reader, root in
      if let value = form.read(value, &reader) { root[keyPath: property] = value }
    }
    write = { $0[keyPath: property].map(form.write) }
  }
}

extension Form {
  /// A map of known keys; those left out keep what `initial` has.
  static func record(_ initial: Value, later: [String] = [], _ fields: [Field<Value>]) -> Form
  where Value: Sendable {
    let shapes = fields.map { field in
      let standard = field.standard ?? field.write(initial).map(Standard.value) ?? .required
      return FieldShape(key: field.key, shape: field.shape, standard: standard, meaning: field.meaning)
    }
    let shape = RecordShape(fields: shapes, later: later)
    return Form(
      shape: .record(shape),
      read: { value, reader in
        guard case .map(let entries) = value.content else {
          reader.refuse(value, wanted: Shape.record(shape).words)
          return nil
        }
        var root = initial
        for entry in entries {
          guard let field = fields.first(where: { $0.key == entry.key }) else {
            reader.refuseKey(entry, among: shapes, later: later)
            continue
          }
          reader.under(entry) { field.read($0, &$1, &root) }
        }
        reader.requireKeys(of: shapes, in: entries, of: value)
        return root
      },
      write: { root in
        .map(fields.compactMap { field in field.write(root).map { (field.key, $0) } })
      })
  }
}

extension Reader {
  /// Reports the required keys that are not there.
  mutating func requireKeys(of fields: [FieldShape], in entries: [YAMLValue.Entry], of value: YAMLValue) {
    let section = keyPath
    // A map is named by its key, not by the first thing that stands in it.
    let place: Place =
      if case .map = value.content { section.isEmpty ? .none : places[section]?.key ?? value.place } else {
        value.place
      }
    for field in fields {
      guard case .required = field.standard, !entries.contains(where: { $0.key == field.key }) else {
        continue
      }
      report(
        Problem(
          .missing, "“\(field.key)” is missing\(section.isEmpty ? "" : " under \(section)")", at: place,
          suggestion: "add \(field.key): \(field.shape.words)".limited))
    }
  }
}

extension String {
  /// At most 72 characters.
  fileprivate var limited: String { count <= 72 ? self : prefix(71) + "…" }
}
