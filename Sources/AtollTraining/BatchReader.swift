import AtollLearning
import AtollNumerics

/// Cuts the rows of a data set into batches, pass after pass.
///
/// Without shuffling, batches are views of the data set. With it, their rows are gathered into memory of the reader's
/// own, in an order that follows from the coins and the pass alone.
struct BatchReader: ~Copyable {
  private var order: [Int] = []
  private var rows = GatheredRows()

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
    return rows.gather(order[position..<position + count], from: all)
  }

  private mutating func shuffle(_ rows: Int, _ coins: consuming RandomStream) {
    order.removeAll(keepingCapacity: true)
    order.append(contentsOf: 0..<rows)
    coins.shuffle(&order)
  }
}
