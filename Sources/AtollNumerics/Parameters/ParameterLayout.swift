/// The names and shapes of a model's tensors, and where each lies in one flat array.
///
/// Tensors lie one after the other in the order given, each in row-major order, without gaps.
public struct ParameterLayout: Hashable, Sendable {
  /// One named tensor.
  public struct Tensor: Hashable, Sendable {
    /// Its name, unlike any other of the layout.
    public let name: String
    /// Extents, outermost first; an empty shape is a scalar.
    public let shape: [Int]
    /// Index of the first element in the flat array.
    public let offset: Int
    /// Number of elements.
    public let count: Int

    /// The tensor's elements in the flat array.
    public var range: Range<Int> { offset..<offset + count }
  }

  /// The tensors, in the order of the flat array.
  public let tensors: [Tensor]
  /// Number of elements of all tensors together.
  public let count: Int

  /// Lays tensors out one after the other.
  ///
  /// - Precondition: names are unique and not empty, extents are positive.
  public init(_ tensors: [(name: String, shape: [Int])]) {
    var offset = 0
    self.tensors = tensors.map { name, shape in
      precondition(!name.isEmpty && shape.allSatisfy { $0 > 0 }, "a tensor has a name and positive extents")
      let count = shape.reduce(1, *)
      defer { offset += count }
      return Tensor(name: name, shape: shape, offset: offset, count: count)
    }
    count = offset
    precondition(Set(tensors.map(\.name)).count == tensors.count, "names of tensors are unique")
  }

  /// The tensor of that name.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// The tensor that holds the element at a flat index, for messages: `hidden.1.weight[3, 7]`; a scalar has no subscripts.
  public func describe(element index: Int) -> String {
    guard let tensor = tensors.first(where: { $0.range.contains(index) }) else { return "element \(index)" }
    guard !tensor.shape.isEmpty else { return tensor.name.inMessages }
    var rest = index - tensor.offset
    let subscripts = tensor.shape.reversed().map { extent -> Int in
      defer { rest /= extent }
      return rest % extent
    }
    return "\(tensor.name.inMessages)[\(subscripts.reversed().map(String.init).joined(separator: ", "))]"
  }
}

extension String {
  /// A name from a file, for messages: at most 60 characters, none of which controls a terminal.
  var inMessages: String {
    let shown = unicodeScalars.prefix(60).map { scalar -> Character in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
      default: Character(scalar)
      }
    }
    return String(shown) + (unicodeScalars.count > 60 ? "…" : "")
  }
}
