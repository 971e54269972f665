import Testing

@testable import AtollLearning

@Suite struct `Calendar dates` {
  private func roads(_ text: [UInt8]) -> (quick: Double?, any: Double?) {
    // In memory of its own size, so that reading beyond the text would be found by the address sanitizer.
    text.withUnsafeBufferPointer { (CalendarDate.days($0), CalendarDate.anyDays($0)) }
  }

  @Test func `every day of ten thousand years is the number of its text`() {
    let (first, last) = (CalendarDate.days(year: 0, month: 1, day: 1), 2_932_896)
    for day in stride(from: first, through: last, by: 1) {
      let text = Array(CalendarDate.text(days: Double(day)).utf8)
      let quick = text.withUnsafeBufferPointer { CalendarDate.days($0) }
      guard quick == Double(day) else {
        Issue.record(
          "\(String(decoding: text, as: UTF8.self)) is day \(day), not \(String(describing: quick))")
        return
      }
    }
    #expect(CalendarDate.text(days: Double(last)) == "9999-12-31")
  }

  @Test(arguments: [
    "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2025-12-31", "2025/12/31", "2025-12/31",
    "2025-04-31",
    "2025-13-01", "2025-00-10", "2025-10-00", "31.12.2025", "31.02.2025", "2025.12.31", "2025-1-311",
    "2025-1-1 1",
    "2025-1-1T1", "          ", "----------", "//////////", "0000000000", "0000-01-01", "2025-12-3 ",
    "-025-12-31",
  ])
  func `ten bytes are told alike on both roads, whichever byte is changed`(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(roads(bytes).quick == roads(bytes).any)
    for place in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = bytes
        changed[place] = byte
        let (quick, any) = roads(changed)
        guard quick == any else {
          Issue.record("\(changed): \(String(describing: quick)) and \(String(describing: any))")
          return
        }
      }
    }
  }

  @Test func `random texts of digits and marks are told alike on both roads`() {
    var random = LCG(state: 11)
    let signs = Array("0123456789012345678901-/. T:".utf8)
    for _ in 0..<200_000 {
      let text = (0..<8 + random.below(5)).map { _ in signs[random.below(signs.count)] }
      let (quick, any) = roads(text)
      guard quick == any else {
        Issue.record("\(text)")
        return
      }
    }
  }
}
