import Testing
import AtollLearning
import AtollStore
@Suite(.serialized) struct Bench {
  @Test(arguments: ["six","mixed","repr","quoted"]) func bench(_ name: String) throws {
    let schema = TableSchema((0..<32).map { .init("x\($0)", .number) })
    for _ in 0..<2 {
    var t: Table? = nil
    let d = try ContinuousClock().measure { t = try Table(csv: "/tmp/tb/\(name).csv", schema: schema) }
    let ms = Double(d.components.attoseconds) / 1e15 + Double(d.components.seconds) * 1e3
    print(name, t!.rowCount, "rows", 100_000 / ms, "MB/s")
    }
  }
}
