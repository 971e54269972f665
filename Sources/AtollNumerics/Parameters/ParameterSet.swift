/// A model's parameters, or a change of them: one flat array of `Float` with named, shaped views.
public struct ParameterSet: Hashable, Sendable {
  /// Names, shapes and order of the tensors.
  public let layout: ParameterLayout
  /// All elements, in the order of the layout, which fixes their number.
  ///
  /// Without an observer that would check the number: it would make every change of one element copy them all.
  public var values: [Float]

  /// - Precondition: `values.count == layout.count`.
  public init(layout: ParameterLayout, values: [Float]) {
    precondition(values.count == layout.count, "the number of parameters is fixed by the layout")
    self.layout = layout
    self.values = values
  }

  /// All zeros.
  public init(zeros layout: ParameterLayout) {
    self.init(layout: layout, values: [Float](repeating: 0, count: layout.count))
  }

  /// The elements of the tensor of that name, in row-major order.
  ///
  /// - Precondition: the layout has a tensor of that name; an assigned slice has its count.
  public subscript(name: String) -> ArraySlice<Float> {
    get { values[tensor(name).range] }
    set {
      let range = tensor(name).range
      precondition(newValue.count == range.count, "the shape of \(name) is fixed by the layout")
      values.replaceSubrange(range, with: newValue)
    }
  }

  /// Whether no element is infinite or not a number.
  public var isFinite: Bool {
    values.withUnsafeBufferPointer { values in
      // An exponent of ones overflows into the sign: no branch, so that several elements are looked at at once.
      var carry: UInt32 = 0
      for value in values { carry |= (value.bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
      return carry & 0x8000_0000 == 0
    }
  }

  private func tensor(_ name: String) -> ParameterLayout.Tensor {
    guard let tensor = layout[name] else { preconditionFailure("no tensor is named \(name)") }
    return tensor
  }
}

extension ParameterSet {
  /// Adds `change` in double precision and rounds once: every server-side update goes through here.
  ///
  /// - Precondition: `change.count == values.count`.
  public mutating func add(_ change: [Double]) {
    precondition(change.count == values.count, "the number of parameters is fixed by the layout")
    values.withUnsafeMutableBufferPointer { values in
      for index in values.indices { values[index] = Float(Double(values[index]) + change[index]) }
    }
  }

  /// The same for some of the elements, from `start` on.
  ///
  /// - Precondition: the layout has so many elements.
  public mutating func add(_ change: UnsafeBufferPointer<Double>, at start: Int) {
    precondition(start >= 0 && start + change.count <= values.count, "the number of parameters is fixed")
    values.withUnsafeMutableBufferPointer { values in
      for index in change.indices {
        values[start + index] = Float(Double(values[start + index]) + change[index])
      }
    }
  }

  /// The element-wise difference, each element rounded once.
  public static func - (minuend: ParameterSet, subtrahend: ParameterSet) -> ParameterSet {
    var difference = minuend
    difference.subtract(subtrahend)
    return difference
  }

  /// Takes another set away, each element rounded once.
  ///
  /// - Precondition: both have the same layout.
  public mutating func subtract(_ subtrahend: ParameterSet) {
    precondition(layout == subtrahend.layout, "both have the same layout")
    values.withUnsafeMutableBufferPointer { values in
      subtrahend.values.withUnsafeBufferPointer { subtrahend in
        for index in values.indices { values[index] -= subtrahend[index] }
      }
    }
  }
}
