import AtollLearning
import Testing

@testable import AtollReport

@Suite struct `The thinning of curves` {
  @Test func `keeps short curves as they are`() {
    #expect(Thinning.indices(of: [3, 1, 2]) == [0, 1, 2])
    #expect(Thinning.spread(3) == [0, 1, 2] && Thinning.spread(0).isEmpty)
    #expect(Thinning.buckets(3).map(\.count) == [1, 1, 1] && Thinning.buckets(0).isEmpty)
  }

  @Test(arguments: [241, 1000, 10_000])
  func `keeps both ends and every spike`(count: Int) {
    var values = (0..<count).map { Double($0 % 7) }
    values[count / 2] = 100
    values[count / 3] = -100
    let kept = Thinning.indices(of: values)
    #expect(kept.count <= Thinning.points && kept.first == 0 && kept.last == count - 1)
    #expect(kept.contains(count / 2) && kept.contains(count / 3))
    #expect(kept == kept.sorted())
    let spread = Thinning.spread(count)
    #expect(spread.count == Thinning.rows && spread.first == 0 && spread.last == count - 1)
    let buckets = Thinning.buckets(count)
    #expect(buckets.count == Thinning.columns && buckets.reduce(0) { $0 + $1.count } == count)
  }
}

@Suite struct `An axis` {
  @Test(arguments: [
    [0.503, 0.912], [0, 1], [0.9995, 0.9999], [-0.2, 0.36], [103_000, 134_808], [1.06e10, 1.98e10], [0.5],
    [0],
    [5, 5], [-3, -1], [1e-9, 2e-9],
  ])
  func `covers its values with a few round ticks`(values: [Double]) {
    let axis = Axis(covering: values)
    #expect((2...5).contains(axis.ticks.count))
    #expect(Set(axis.labels).count == axis.labels.count, "\(axis.labels)")
    for value in values {
      #expect(axis.domain.contains(value) && (0...1).contains(axis(value)))
    }
    #expect(axis(axis.domain.lowerBound) == 0 && axis(axis.domain.upperBound) == 1)
  }

  @Test func `begins where it is told`() {
    #expect(Axis(covering: [0.7, 0.9], origin: 0.5).ticks.first == 0.5)
    #expect(Axis(covering: [0, 0], origin: 0).domain.lowerBound == 0)
    #expect(Axis(covering: [-0.3, 0.4], origin: 0).domain.lowerBound <= -0.3)
  }

  @Test(arguments: [
    (1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (10, [1, 5, 10]), (20, [1, 5, 10, 15, 20]),
    (100, [1, 25, 50, 75, 100]),
    (10_000, [1, 5_000, 10_000]), (7, [1, 2, 4, 6, 7]),
  ])
  func `of rounds has both ends`(last: Int, ticks: [Int]) {
    #expect(Axis.rounds(upTo: last) == ticks)
  }
}

@Suite struct `Labels at the end of lines` {
  @Test(arguments: [[100, 101, 102], [10, 10, 10], [206, 206, 207], [20, 100, 180], [100]])
  func `are moved apart and stay inside`(heights: [Double]) {
    let labels = heights.map { (y: $0, text: "\($0)", style: "") }
    let apart = Chart.apart(labels, in: 16...208).map(\.y)
    #expect(apart.allSatisfy { (16...208).contains($0) })
    for (upper, lower) in zip(apart, apart.dropFirst()) { #expect(lower - upper >= 15) }
  }
}

@Suite struct `A histogram of errors` {
  private func chart(_ rows: [Int: Int]) -> ResidualChart {
    var counts = [Int](repeating: 0, count: ResidualHistogram.binCount + 2)
    for (bin, count) in rows { counts[bin] = count }
    return ResidualChart(residuals: ResidualHistogram(width: 2, counts: counts), label: "stay")
  }

  @Test func `tells by how much most predictions miss`() throws {
    let chart = chart([256: 50, 257: 50, 258: 100])
    // Half of the 200 rows are within one bin of 0, all within two.
    #expect(try #require(chart.size(ofShare: 0.5)) == 2)
    #expect(try #require(chart.size(ofShare: 0.75)) == 3)
    #expect(try #require(chart.size(ofShare: 1)) == 4)
  }

  @Test func `does not tell what lies beyond its bins`() {
    let chart = chart([0: 60, 257: 40])
    #expect(chart.size(ofShare: 0.5) == nil)
    #expect(chart.finding == "More than half of its predictions miss by more than the histogram shows")
    #expect(chart.chart.html.markup.contains("60 rows lie beyond both ends."))
  }
}
