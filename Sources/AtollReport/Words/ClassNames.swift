/// What classes are called in sentences.
struct ClassNames {
  private let names: [String]

  /// - Parameters:
  ///   - names: as the data call them, in order.
  ///   - label: the label's column, which says more than its cells where these are 0 and 1.
  init(_ names: [String], label: String?) {
    let binary: Set<[String]> = [["0", "1"], ["no", "yes"], ["false", "true"], ["False", "True"]]
    if let label, binary.contains(names) {
      self.names = ["not \(label)", label]
    } else if names.count == 2, let label, names[0] == "not \(names[1])" {
      // A rule, such as `> 0`.
      self.names = ["not \(label) \(names[1])", "\(label) \(names[1])"]
    } else {
      self.names = names
    }
  }

  subscript(index: Int) -> String { names.indices.contains(index) ? names[index] : "class \(index)" }
}
