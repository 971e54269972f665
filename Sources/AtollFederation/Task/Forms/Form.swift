import AtollLearning

/// How a value is written in a task file: its shape, and the way there and back.
///
/// A form is made from smaller ones, so the shape that is listed, checked and given to editors is the one
/// that is read: they cannot drift apart.
struct Form<Value>: Sendable {
  let shape: Shape
  /// Nil after a problem was reported.
  let read: @Sendable (YAMLValue, inout Reader) -> Value?
  let write: @Sendable (Value) -> YAMLValue

  /// The same text for another type; `into` reports what it refuses and returns nil.
  func map<Other>(
    into: @escaping @Sendable (Value, YAMLValue, inout Reader) -> Other?,
    from: @escaping @Sendable (Other) -> Value
  ) -> Form<Other> {
    Form<Other>(
      shape: shape,
      read: { value, reader in read(value, &reader).flatMap { into($0, value, &reader) } },
      write: { write(from($0)) })
  }
}

// MARK: Lists and maps

extension Form {
  /// - Parameter isUnique: whether an item may occur once only. Editors are told; what names an item, and so repeats it,
  ///   the checks of the task know.
  static func list<Item>(
    of item: Form<Item>, count: ClosedRange<Int> = 0...100_000, isUnique: Bool = false
  ) -> Form where Value == [Item] {
    let shape = Shape.list(of: item.shape, count: count, isUnique: isUnique)
    return Form(
      shape: shape,
      read: { value, reader in
        let isExact = count.lowerBound == count.upperBound
        guard case .list(let items) = value.content, isExact || items.count >= count.lowerBound else {
          reader.refuse(value, wanted: shape.words)
          return nil
        }
        guard count.contains(items.count) else {
          let wanted =
            isExact ? "it must have \(count.lowerBound)" : "at most \(grouped(count.upperBound)) are possible"
          let message = "\(reader.keyPath) has \(grouped(items.count)) items, and \(wanted)"
          reader.report(Problem(.wrongValue, message, at: value.place))
          return nil
        }
        let read = items.enumerated().map { index, element in
          reader.item(index, at: element.place) { item.read(element, &$0) }
        }
        return read.contains { $0 == nil } ? nil : read.compactMap(\.self)
      },
      write: { YAMLValue(.list($0.map(item.write)), at: .none) })
  }

  /// A map with free keys, in the order of the file.
  static func map<Element>(
    of element: Form<Element>, keys: TextRule, count: ClosedRange<Int> = 0...100_000,
    isKey: @escaping @Sendable (String) -> Bool
  ) -> Form where Value == [Named<Element>] {
    let shape = Shape.map(of: element.shape, keys: keys.words, count: count)
    return Form(
      shape: shape,
      read: { value, reader in
        guard case .map(let entries) = value.content, count.contains(entries.count) else {
          reader.refuse(value, wanted: shape.words)
          return nil
        }
        var read: [Named<Element>] = []
        for entry in entries {
          guard isKey(entry.key) else {
            let message = "“\(entry.key.shortened)” under \(reader.keyPath) must be \(keys.words)"
            reader.report(Problem(.wrongValue, message, at: entry.place))
            continue
          }
          guard let value = reader.under(entry, { element.read($0, &$1) }) else { continue }
          read.append(Named(name: entry.key, value: value))
        }
        return read.count == entries.count ? read : nil
      },
      write: { .map($0.map { ($0.name, element.write($0.value)) }) })
  }
}

/// An entry of a map with free keys.
struct Named<Value: Sendable>: Sendable {
  let name: String
  let value: Value
}

// MARK: Alternatives

/// One of several ways to write a value.
struct Alternative<Value>: Sendable {
  let shape: Shape
  let read: @Sendable (YAMLValue, inout Reader) -> Value?
  /// Nil when the value is written in another way.
  let write: @Sendable (Value) -> YAMLValue?

  init<Part>(
    _ form: Form<Part>, make: @escaping @Sendable (Part) -> Value,
    take: @escaping @Sendable (Value) -> Part?
  ) {
    shape = form.shape
    read = { value, reader in form.read(value, &reader).map(make) }
    write = { take($0).map(form.write) }
  }
}

extension Form {
  /// Reads by the first alternative that the value looks like, writes by the first that can.
  static func either(_ first: Alternative<Value>, _ others: Alternative<Value>...) -> Form {
    let alternatives = [first] + others
    let shape = Shape.either(alternatives.map(\.shape))
    return Form(
      shape: shape,
      read: { value, reader in
        guard let chosen = alternatives.first(where: { $0.shape.resembles(value) }) else {
          let near = value.word.flatMap { nearest(to: $0, among: shape.names) }
          reader.refuse(value, wanted: shape.words, suggestion: near.map { "did you mean \($0)?" })
          return nil
        }
        return chosen.read(value, &reader)
      },
      write: { value in
        for alternative in alternatives { if let written = alternative.write(value) { return written } }
        preconditionFailure("every value of a form has a way to be written")
      })
  }
}
