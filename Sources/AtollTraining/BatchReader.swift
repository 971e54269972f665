import AtollLearning
import AtollNumerics

/// Cuts the rows of a data set into batches, pass after pass.
///
/// Without shuffling, batches are views of the data set. With it, their rows are gathered into memory of the reader's
/// own, in an order that follows from the coins and the pass alone.
struct BatchReader: ~Copyable {
  private var order: [Int] = []
  private var features = Buffer<Float>()
  private var values = Buffer<Float>()
  private var labels = Buffer<Int32>()

  private var size = 0
  private var coins: TrainingCoins?
  private var epoch = 0
  private var position = 0

  /// Starts anew.
  ///
  /// - Parameters:
  ///   - size: rows in a batch; the last one of a pass may be short.
  ///   - coins: decide the order; nil keeps the data set's own.
  mutating func begin(size: Int, coins: TrainingCoins?) {
    self.size = size
    self.coins = coins
    epoch = 0
    position = 0
  }

  /// The next batch, valid until the one after.
  mutating func next(of all: Batch) -> Batch {
    if position >= all.rows {
      position = 0
      epoch += 1
    }
    defer { position += size }
    let count = min(size, all.rows - position)
    guard let coins else { return all.slice(from: position, count: count) }
    if position == 0 { shuffle(all.rows, coins.stream(epoch: epoch)) }
    return gather(count, from: all)
  }

  private mutating func shuffle(_ rows: Int, _ coins: consuming RandomStream) {
    order.removeAll(keepingCapacity: true)
    order.append(contentsOf: 0..<rows)
    coins.shuffle(&order)
  }

  private mutating func gather(_ count: Int, from all: Batch) -> Batch {
    let width = all.width
    let features = features.reserve(size * width)
    for place in 0..<count {
      (features + place * width).update(from: all.features + order[position + place] * width, count: width)
    }
    let targets: Batch.Targets
    switch all.targets {
    case .values(let source):
      let values = values.reserve(size)
      for place in 0..<count { values[place] = source[order[position + place]] }
      targets = .values(values)
    case .classes(let source):
      let labels = labels.reserve(size)
      for place in 0..<count { labels[place] = source[order[position + place]] }
      targets = .classes(labels)
    }
    return Batch(rows: count, features: features, width: width, targets: targets)
  }
}
