import AtollNumerics
import AtollScenarios
import Testing

/// A small task with its data, as files.
struct Study: Sendable, CustomTestStringConvertible {
  let name: String
  let task: String
  let files: [(name: String, bytes: [UInt8])]

  var testDescription: String { name }

  func write(to folder: Folder) throws {
    try folder.write(task, to: "task.yaml")
    for (name, bytes) in files { try folder.write(bytes, to: name) }
  }

  /// A fresh folder with the study in it.
  func folder() throws -> Folder {
    let folder = try Folder()
    try write(to: folder)
    return folder
  }

  static let all = [logistic, multilayer, adaptive, svm, cnn]
}

extension Study {
  /// The demo's data and model, with fewer rounds.
  static let logistic = tumours(
    "logistic", model: "logistic",
    training: "{optimizer: sgd, learning-rate: 0.1, batch-size: 16, l2: 0.01}", federation: "{rounds: 6}")

  static let multilayer = tumours(
    "scaffold", model: "{kind: mlp, hidden: [9, 5], activation: tanh}",
    training: "{learning-rate: 0.05, batch-size: 10, local-epochs: 2}",
    federation: "{strategy: scaffold, rounds: 4, cohort: 3}")

  static let adaptive = tumours(
    "adam", model: "{kind: mlp, hidden: [7], activation: sigmoid}",
    training: "{optimizer: adam, learning-rate: 0.01, batch-size: 13, schedule: cosine}",
    federation: "{strategy: fedadam, rounds: 4, initial: participants}")

  static let svm = tumours(
    "svm", model: "svm", training: "{learning-rate: 0.05, batch-size: 16, l2: 0.01}",
    federation: "{rounds: 6, cohort: 0.5, quorum: 1.0}", metrics: "[accuracy, auc]")

  static func tumours(
    _ name: String, model: String, training: String, federation: String,
    metrics: String = "[accuracy, auc, loss]"
  ) -> Study {
    Study(
      name: name,
      task: """
        task: classification
        name: \(name)
        data:
          participants: [ashford.csv, birk.csv, corvo.csv, dalen.csv]
          label: malignant
          test: 0.3
        model: \(model)
        training: \(training)
        federation: \(federation)
        evaluation: {metrics: \(metrics), baselines: []}

        """,
      files: BreastTumours.sites().map { ("\($0.name).csv", Array($0.csv.utf8)) })
  }

  /// 400 images of 8 × 8 pixels: stripes across, stripes down, or a bright corner, under noise.
  static let cnn = Study(
    name: "cnn",
    task: """
      task: classification
      name: cnn
      data:
        images: images.idx
        labels: labels.idx
        partition: {kind: dirichlet, alpha: 0.5, participants: 5}
        test: 0.2
      model:
        kind: cnn
        layers:
          - {kind: convolution, channels: 6, kernel: 3, padding: 1}
          - relu
          - max-pooling
          - {kind: dense, units: 11}
          - relu
      training: {learning-rate: 0.05, batch-size: 20}
      federation: {rounds: 3}
      evaluation: {metrics: [accuracy, loss], baselines: []}

      """,
    files: images())

  /// The same images at four sites, each with files of its own, as a deployed task declares them.
  static let scans = Study(
    name: "scans",
    task: """
      task: classification
      name: scans
      data:
        participants:
          ashford: {images: ashford/images.idx, labels: ashford/labels.idx}
          birk: {images: birk/images.idx, labels: birk/labels.idx}
          corvo: {images: corvo/images.idx, labels: corvo/labels.idx}
          dalen: {images: dalen/images.idx, labels: dalen/labels.idx}
        shape: [8, 8, 1]
        classes: 3
        test: 0.2
      model:
        kind: cnn
        layers: [{kind: convolution, channels: 4, kernel: 3, padding: 1}, relu, max-pooling]
      training: {learning-rate: 0.05, batch-size: 20}
      federation: {rounds: 3}
      evaluation: {metrics: [accuracy, loss], baselines: []}

      """,
    files: ["ashford", "birk", "corvo", "dalen"].enumerated().flatMap { index, name in
      images(60 + 20 * index, seed: UInt64(index)).map { ("\(name)/\($0.name)", $0.bytes) }
    })

  private static func images(
    _ count: Int = 400, seed: UInt64 = 400
  ) -> [(name: String, bytes: [UInt8])] {
    let (side, classes) = (8, 3)
    var coins = RandomStream(seed: seed, purpose: .partition)
    var labels: [UInt8] = []
    var pixels: [UInt8] = []
    for image in 0..<count {
      let label = image % classes
      labels.append(UInt8(label))
      for place in 0..<side * side {
        let (row, column) = (place / side, place % side)
        let isBright = [row % 2 == 0, column % 2 == 0, row < 4 && column < 4][label]
        pixels.append((isBright ? 128 : 0) + UInt8(coins.below(120)))
      }
    }
    return [
      ("images.idx", idx([count, side, side], pixels)), ("labels.idx", idx([count], labels)),
    ]
  }

  /// An IDX file of bytes: magic number, sizes in big-endian order, elements (yann.lecun.com/exdb/mnist).
  static func idx(_ shape: [Int], _ elements: [UInt8]) -> [UInt8] {
    let sizes = shape.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
    return [0, 0, 8, UInt8(shape.count)] + sizes + elements
  }
}
