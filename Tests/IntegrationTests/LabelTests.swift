import Foundation
import Testing

/// The positive class as a task names it: however it is said, the model is the same.
@Suite struct `A label` {
  private func model(_ label: String, of study: Study = .logistic) throws -> String {
    let folder = try study.folder()
    let ended = try atoll(
      "run", "task.yaml", "--json", "--out", "run", "--set", "data.label=\(label)", in: folder)
    try #require(ended.status == 0, "\(label): \(ended.errors)")
    return try ended.model()
  }

  @Test func `of numbers is said by value, by comparison or by a list`() throws {
    let plain = try model("malignant")
    for rule in ["1", "'= 1'", "1.0", "'!= 0'", "'> 0'", "'>= 0.5'", "[1]", "[1, 7]"] {
      #expect(try model("{column: malignant, positive: \(rule)}") == plain, "\(rule)")
    }
    #expect(try model("{column: malignant, positive: 0}") != plain)
  }

  @Test func `of texts is said by value or by a list`() throws {
    let plain = try model("fever", of: .wards)
    for rule in ["'yes'", "'= yes'", "'!= no'", "['yes', perhaps]"] {
      #expect(try model("{column: fever, positive: \(rule)}", of: .wards) == plain, "\(rule)")
    }
  }
}
