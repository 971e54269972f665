import Testing

@testable import AtollNumerics

@Suite struct `Parameters` {
  static let layout = ParameterLayout([("weight", [2, 3]), ("bias", [3]), ("temperature", [])])

  @Test func `lie one tensor after the other`() {
    #expect(Self.layout.count == 10)
    #expect(Self.layout.tensors.map(\.range) == [0..<6, 6..<9, 9..<10])
    #expect(Self.layout["bias"]?.shape == [3] && Self.layout["beta"] == nil)
  }

  @Test func `are described by tensor and subscripts`() {
    let names = (0..<11).map { Self.layout.describe(element: $0) }
    #expect(names[0] == "weight[0, 0]" && names[2] == "weight[0, 2]" && names[3] == "weight[1, 0]")
    #expect(names[5] == "weight[1, 2]" && names[6] == "bias[0]" && names[8] == "bias[2]")
    #expect(names[9] == "temperature" && names[10] == "element 10")
    #expect(Self.layout.describe(element: -1) == "element -1")
  }

  @Test func `are described without what could trick a terminal`() {
    let hostile = ParameterLayout([("a\u{1B}[2Jb\u{202E}", []), (String(repeating: "x", count: 100), [])])
    #expect(hostile.describe(element: 0) == "a\u{FFFD}[2Jb\u{FFFD}")
    #expect(hostile.describe(element: 1) == String(repeating: "x", count: 60) + "…")
  }

  @Test func `are seen by name`() {
    var parameters = ParameterSet(layout: Self.layout, values: (0..<10).map(Float.init))
    #expect(Array(parameters["bias"]) == [6, 7, 8])
    parameters["bias"] = [1, 2, 3]
    #expect(parameters.values == [0, 1, 2, 3, 4, 5, 1, 2, 3, 9])
    #expect(parameters.isFinite)
    parameters.values[4] = .nan
    #expect(!parameters.isFinite)
  }

  @Test func `change in double precision, rounded once`() {
    let layout = ParameterLayout([("w", [3])])
    var parameters = ParameterSet(layout: layout, values: [1, 1, 0x1p24])
    // In single precision the change itself would round to 2^-24, and the sum of 2^24 and 1.5 down.
    parameters.add([0x1p-24 + 0x1p-50, 0x1p-24, 1.5])
    #expect(parameters.values == [Float(1).nextUp, 1, 0x1p24 + 2])
    let difference = parameters - ParameterSet(layout: layout, values: [1, 1, 0])
    #expect(difference.values == [Float(1).ulp, 0, 0x1p24 + 2])
    #expect(ParameterSet(zeros: layout).values == [0, 0, 0])
  }
}
