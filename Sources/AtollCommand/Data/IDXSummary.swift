import AtollLearning
import AtollNumerics
import AtollStore

/// What is in an IDX file of images or labels.
struct IDXSummary {
  let file: String
  let array: IDXArray

  /// - Parameter dimensions: how many there must be, if that is known.
  init(_ file: String, dimensions: Int? = nil) throws {
    self.file = file
    array = try IDXArray(idx: file, dimensions: dimensions)
  }

  /// Whether the file begins as IDX arrays do: two zero bytes, which no CSV has.
  static func isIDX(_ file: String) throws -> Bool {
    struct Enough: Error {}
    var start: [UInt8] = []
    do {
      try FileSource(file).forEachChunk { chunk in
        start += chunk.prefix(2)
        if start.count >= 2 { throw Enough() }
      }
    } catch is Enough {}
    return start.starts(with: [0, 0])
  }

  func report(on console: Console) throws {
    let shape = array.shape.map { "\($0)" }.joined(separator: " × ")
    var fields: [String: JSON] = [
      "file": .string(file), "shape": .array(array.shape.map { .integer($0) }), "elements": .string(type),
    ]
    let counts = labelCounts
    if let counts { fields["classes"] = .array(counts.map { .integer($0) }) }
    console.emit("array", fields)
    let what: String
    if counts != nil {
      what = Figure.count(array.shape[0], "label")
    } else if array.shape.count >= 3 {
      let size = array.shape.dropFirst().map(String.init).joined(separator: " × ")
      what = "\(Figure.count(array.shape[0], "image")) of \(size)"
    } else {
      what = "an array of \(shape)"
    }
    console.print("\("\(file):", .strong) \(what), \(type). Nothing was sent.")
    console.print("")
    guard let counts else {
      if let range = byteRange { console.print("values \(range.lowerBound) … \(range.upperBound)") }
      return
    }
    let rows = counts.enumerated().filter { $1 > 0 }.map { label, count in
      [
        StyledText("\(label)"), StyledText(Figure.grouped(count)),
        StyledText(Figure.percent(Double(count) / Double(max(1, array.shape[0])))),
      ]
    }
    console.print(TextTable([.number("class"), .number("rows"), .number("share")], rows: rows))
  }

  private var type: String {
    switch array.elements {
    case .bytes: "bytes"
    case .integers: "integers"
    case .floats: "floats"
    }
  }

  /// How often each label occurs, for labels in bytes.
  private var labelCounts: [Int]? {
    guard case .bytes(let labels) = array.elements, array.shape.count == 1 else { return nil }
    var counts = [Int](repeating: 0, count: 1 + Int(labels.max() ?? 0))
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  private var byteRange: ClosedRange<UInt8>? {
    guard case .bytes(let bytes) = array.elements, let low = bytes.min(), let high = bytes.max() else {
      return nil
    }
    return low...high
  }
}

/// Images and their labels: whether they go together, and what a deployed task must say of them.
struct ImagesSummary {
  private let images: IDXSummary
  private let labels: IDXSummary
  private let examples: Dataset

  init(images: String, labels: String) throws {
    self.images = try IDXSummary(images, dimensions: 3)
    self.labels = try IDXSummary(labels, dimensions: 1)
    examples = try Dataset(images: self.images.array, labels: self.labels.array, files: (images, labels))
  }

  func report(on console: Console) throws {
    try images.report(on: console)
    console.print("")
    try labels.report(on: console)
    guard case .classes(_, let classes) = examples.targets else { return }
    console.emit(
      "images",
      [
        "images": .string(images.file), "labels": .string(labels.file), "count": .integer(examples.count),
        "shape": .array(examples.inputShape.map { .integer($0) }), "classes": .integer(classes),
      ])
    let shape = examples.inputShape.map { "\($0)" }.joined(separator: ", ")
    console.print("")
    console.print("They go together. A deployed task says under data:")
    console.print(
      [
        ("shape:", StyledText("[\(shape)]")),
        ("classes:", StyledText("\(classes), or more where others have further ones")),
      ], margin: 2, gap: 1)
  }
}
