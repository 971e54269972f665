/// A parameter of a variant.
struct Parameter<Value: Sendable>: Sendable {
  let shape: FieldShape
  private let form: Form<Value>
  /// Nil: must be given.
  private let standard: Value?
  /// Whether a value goes without saying and is left out when written.
  private let isSilent: @Sendable (Value) -> Bool

  /// A parameter with a default, or one that must be given.
  init(_ key: String, _ form: Form<Value>, _ standard: Value? = nil, _ meaning: String) {
    self.form = form
    self.standard = standard
    isSilent = { _ in false }
    shape = FieldShape(
      key: key, shape: form.shape, standard: standard.map { .value(form.write($0)) } ?? .required,
      meaning: meaning)
  }

  /// A parameter that follows from others when it is left out.
  init<Wrapped: Sendable>(
    _ key: String, _ form: Form<Wrapped>, derived: String, _ meaning: String
  ) where Value == Wrapped? {
    self.form = Form<Value>(
      shape: form.shape, read: { value, reader in form.read(value, &reader).map(Optional.some) },
      write: { $0.map(form.write) ?? .plain("") })
    standard = .some(nil)
    isSilent = { $0 == nil }
    shape = FieldShape(key: key, shape: form.shape, standard: .derived(derived), meaning: meaning)
  }

  func read(from entries: [YAMLValue.Entry], _ reader: inout Reader) -> Value? {
    guard let entry = entries.first(where: { $0.key == shape.key }) else { return standard }
    return reader.under(entry) { form.read($0, &$1) }
  }

  func write(_ value: Value) -> (String, YAMLValue)? {
    isSilent(value) ? nil : (shape.key, form.write(value))
  }
}

/// One of the kinds of a variant: a name and its parameters.
struct Variant<Value>: Sendable {
  let shape: VariantShape
  let read: @Sendable ([YAMLValue.Entry], inout Reader) -> Value?
  /// Nil when the value is of another kind.
  let write: @Sendable (Value) -> [(String, YAMLValue)]?

  /// A kind without parameters.
  init(_ name: String, _ value: Value, _ meaning: String) where Value: Equatable & Sendable {
    shape = VariantShape(name: name, meaning: meaning, fields: [])
    read = { _, _ in value }
    write = { $0 == value ? [] : nil }
  }

  /// A kind with parameters: `make` puts them together, `take` apart again (nil for a value of another kind).
  init<each Part: Sendable>(
    _ name: String, _ meaning: String, _ parameters: repeat Parameter<each Part>,
    make: @escaping @Sendable (repeat each Part) -> Value,
    take: @escaping @Sendable (Value) -> (repeat each Part)?
  ) {
    let parameters = (repeat each parameters)
    var fields: [FieldShape] = []
    for parameter in repeat each parameters { fields.append(parameter.shape) }
    shape = VariantShape(name: name, meaning: meaning, fields: fields)
    read = { entries, reader in
      // All are read before one that failed is noticed, so that all their faults are told at once.
      let parts = (repeat (each parameters).read(from: entries, &reader))
      do { return make(repeat try given(each parts)) } catch { return nil }
    }
    write = { value in
      guard let parts = take(value) else { return nil }
      var written: [(String, YAMLValue)] = []
      for (parameter, part) in repeat (each parameters, each parts) {
        if let entry = parameter.write(part) { written.append(entry) }
      }
      return written
    }
  }
}

private struct NotGiven: Error {}

private func given<Value>(_ value: Value?) throws(NotGiven) -> Value {
  guard let value else { throw NotGiven() }
  return value
}

extension Form {
  /// One of several kinds, each with its own parameters: `{kind: NAME, …}`, or the name alone.
  static func variant(_ variants: [Variant<Value>]) -> Form {
    let shapes = variants.map(\.shape)
    let shape = Shape.variant(shapes)
    let kinds = Form<String>.text(TextRule("the name of a kind"))
    return Form(
      shape: shape,
      read: { value, reader in
        let name: String
        let entries: [YAMLValue.Entry]
        switch value.content {
        case .scalar(let text, _):
          (name, entries) = (text, [])
        case .map(let all):
          guard let kind = all.first(where: { $0.key == "kind" }) else {
            reader.report(
              Problem(
                .missing, "“kind” is missing under \(reader.keyPath)", at: value.place,
                suggestion: "add kind: \(shape.words)"))
            return nil
          }
          guard let read = reader.under(kind, { kinds.read($0, &$1) }) else { return nil }
          (name, entries) = (read, all.filter { $0.key != "kind" })
        case .list:
          reader.refuse(value, wanted: shape.words)
          return nil
        }
        guard let variant = variants.first(where: { $0.shape.name == name }) else {
          let near = nearest(to: name, among: shape.names).map { "did you mean \($0)?" }
          if let kind = value["kind"] {
            reader.refuse(kind, wanted: shape.words, suggestion: near)
          } else {
            reader.refuse(value, wanted: shape.words, suggestion: near)
          }
          return nil
        }
        for entry in entries where !variant.shape.fields.contains(where: { $0.key == entry.key }) {
          reader.refuseKey(entry, among: variant.shape.fields, later: [])
        }
        reader.requireKeys(of: variant.shape.fields, in: entries, of: value)
        return variant.read(entries, &reader)
      },
      write: { value in
        for variant in variants {
          guard let written = variant.write(value) else { continue }
          guard !written.isEmpty else { return .plain(variant.shape.name) }
          return .map([("kind", .plain(variant.shape.name))] + written)
        }
        preconditionFailure("every value of a form is of one of its kinds")
      })
  }
}
