import AtollLearning
import AtollMeasurement

/// CSV text to a table of typed columns, on one thread.
enum ParsingBenchmark {
  static func rows(repeats: Int, seconds: Double) throws -> [Row] {
    let sample = SampleTable(rows: 300_000)
    let source = MemorySource(sample.csv, name: "sample.csv")
    let megabytes = Double(sample.csv.count) / 1e6
    let declared = try Spread.rate(repeats: repeats, seconds: seconds) {
      let table = try Table(csv: source, schema: sample.schema)
      precondition(table.rowCount == sample.rowCount, "every row is read")
      return megabytes
    }
    // Twice over the text: once to find out what the columns hold.
    let found = try Spread.rate(repeats: repeats, seconds: seconds) {
      let table = try Table(csv: source)
      precondition(table.rowCount == sample.rowCount, "every row is read")
      return megabytes
    }
    return [
      Row("CSV", threads: 1, declared, "MB/s"),
      Row("CSV-untyped", threads: 1, found, "MB/s"),
    ]
  }
}
