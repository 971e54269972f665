import AtollFederation
public import AtollLearning

extension TaskReader {
  /// Images and labels from IDX files: pixels divided by 255, one channel.
  mutating func readImages() throws {
    var owned: [(name: String, examples: Dataset)] = []
    switch task.data.origin {
    case .participants(let sources):
      for participant in sources where isWanted(participant.name) {
        guard case .images(let path, let labels) = participant.source else { continue }
        owned.append((participant.name, try images(path, labels: labels, role: participant.name)))
      }
    case .pooled(.images(let path, let labels), let partition):
      let pooled = try images(path, labels: labels, role: "pooled")
      for part in try partition.partition(pooled, seed: seed).parts where isWanted(part.name) {
        owned.append((part.name, pooled.examples(at: part.rows)))
      }
    case .pooled(.table, _), .own: preconditionFailure("tables have a label column, and other data are given")
    }
    var tests: [Dataset]?
    if case .images(let path, let labels) = task.data.test {
      testIsCommon = true
      let test = try images(path, labels: labels, role: "test")
      tests = Self.deal(test.count, among: owned.count).map { test.examples(at: Array($0)) }
    }
    let classes =
      task.data.classes ?? 1 + ((owned.map(\.examples) + (tests ?? [])).compactMap(\.largestClass).max() ?? 1)
    var classRows = [Int](repeating: 0, count: classes)
    var shape: [Int] = []
    for (index, (name, examples)) in owned.enumerated() {
      let (training, heldOut) = try split(examples, name: name, test: tests?[index])
      for label in training.labels { classRows[Int(label)] += 1 }
      guard shape.isEmpty || shape == training.inputShape else {
        throw StoreError(
          .corrupt, path: name,
          "its images have the shape \(training.inputShape), those of others \(shape)")
      }
      shape = training.inputShape
      participants[try participant(name)] = LocalData(
        .examples(training: training.withClasses(classes), heldOut: heldOut.withClasses(classes)))
    }
    guard classRows.count(where: { $0 > 0 }) > 1 else {
      throw PreparationError.singleClass(classRows.firstIndex { $0 > 0 }.map { "\($0)" }, of: nil)
    }
    preparation =
      task.declaredPreparation ?? Preparation(inputShape: shape, classes: classes, classRows: classRows)
  }

  /// A participant's images from a source of its own.
  mutating func images(_ source: DataSource, of name: String) throws -> Dataset {
    guard case .images(let path, let labels) = source.origin else {
      throw RunFailure(
        .unfit, "the task learns from images, and “\(name)” has a table",
        hint: "a source images:IMAGES,LABELS")
    }
    return try images(path, labels: labels, role: name)
  }

  private mutating func images(_ path: String, labels: String, role: String) throws -> Dataset {
    func array(_ path: String, role: String, dimensions: Int) throws -> IDXArray {
      let source = source(path, passes: 1)
      defer { hashes[role] = source.hash }
      return try IDXArray(idx: source, dimensions: dimensions)
    }
    let images = try array(path, role: role, dimensions: 3)
    let marks = try array(labels, role: role + " labels", dimensions: 1)
    let examples = try Dataset(images: images, labels: marks, files: (path, labels))
    try checkDeclared(examples, files: (path, labels))
    return examples
  }

  /// What the task declares of images holds for all of them.
  func checkDeclared(_ examples: Dataset, files: (images: String, labels: String)) throws(StoreError) {
    if let shape = task.data.shape, examples.inputShape != shape {
      throw StoreError(
        .corrupt, path: files.images,
        "its images are \(examples.inputShape.extents), and data.shape in the task says \(shape.extents)")
    }
    if let classes = task.data.classes, let place = examples.labels.firstIndex(where: { $0 >= classes }) {
      throw StoreError(
        .corrupt, path: files.labels,
        "label \(grouped(place + 1)) is \(examples.labels[place]), and by data.classes in the task labels are 0 to \(classes - 1)"
      )
    }
  }

  func split(
    _ examples: Dataset, name: String, test: Dataset?
  ) throws -> (training: Dataset, heldOut: Dataset) {
    if let test { return (examples, test) }
    guard case .fraction(let fraction) = task.data.test else { return (examples, examples.examples(at: [])) }
    var coins = TrainTestSplit.coins(seed: seed, participant: name)
    let split = try TrainTestSplit(
      Array(0..<examples.count), holdingOut: fraction, classes: examples.hasClasses ? examples.labels : nil,
      coins: &coins)
    return (examples.examples(at: split.train), examples.examples(at: split.test))
  }
}

extension Dataset {
  /// Images of one channel, pixels divided by 255, and their classes.
  ///
  /// - Throws: ``StoreError`` when images and labels do not go together.
  public init(images: IDXArray, labels: IDXArray, files: (images: String, labels: String)) throws {
    guard case .bytes(let pixels) = images.elements, images.shape.count == 3 else {
      throw StoreError(.corrupt, path: files.images, "images are bytes in three dimensions")
    }
    guard case .bytes(let classes) = labels.elements else {
      throw StoreError(.corrupt, path: files.labels, "labels are bytes in one dimension")
    }
    guard classes.count == images.shape[0] else {
      throw StoreError(
        .corrupt, path: files.labels,
        "\(grouped(classes.count)) labels do not go with \(grouped(images.shape[0])) images")
    }
    self.init(
      inputShape: [images.shape[1], images.shape[2], 1], features: pixels.map { Float($0) / 255 },
      targets: .classes(classes.map(Int32.init), count: 1 + Int(classes.max() ?? 0)))
  }

  var labels: [Int32] {
    if case .classes(let labels, _) = targets { labels } else { [] }
  }

  fileprivate var hasClasses: Bool { if case .classes = targets { true } else { false } }

  fileprivate var largestClass: Int? { labels.max().map(Int.init) }

  /// The same examples with the number of classes that all participants have together.
  func withClasses(_ count: Int) -> Dataset {
    Dataset(inputShape: inputShape, features: features, targets: .classes(labels, count: count))
  }
}

extension [Int] {
  /// 28 × 28 × 1
  fileprivate var extents: String { map(String.init).joined(separator: " × ") }
}
