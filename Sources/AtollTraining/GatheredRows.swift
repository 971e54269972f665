import AtollLearning

/// Rows of a data set, copied into memory of one's own one after the other.
struct GatheredRows: ~Copyable {
  private var features = Buffer<Float>()
  private var values = Buffer<Float>()
  private var labels = Buffer<Int32>()

  /// A batch of some rows, valid until the next one.
  mutating func gather(_ rows: ArraySlice<Int>, from all: Batch) -> Batch {
    let width = all.width
    let features = features.reserve(rows.count * width)
    var place = features
    for row in rows {
      place.update(from: all.features + row * width, count: width)
      place += width
    }
    let targets: Batch.Targets
    switch all.targets {
    case .values(let source):
      let values = values.reserve(rows.count)
      for (place, row) in rows.enumerated() { values[place] = source[row] }
      targets = .values(values)
    case .classes(let source):
      let labels = labels.reserve(rows.count)
      for (place, row) in rows.enumerated() { labels[place] = source[row] }
      targets = .classes(labels)
    }
    return Batch(rows: rows.count, features: features, width: width, targets: targets)
  }
}
