import AtollPrivacy
import Foundation
import Testing

@Suite struct `Privacy events in files` {
  /// One of every kind.
  static let all: PrivacyEvent = {
    func event(_ kind: PrivacyEvent.Kind) -> PrivacyEvent {
      // Safe because the parameters are in their ranges.
      try! PrivacyEvent(kind)
    }
    let gaussian = event(.gaussian(noiseMultiplier: 1.1))
    return event(
      .composed([
        event(.repeated(event(.poissonSampled(rate: 0.01, gaussian)), times: 1000)),
        event(.laplace(scale: 2)), event(.discreteGaussian(sigma: 3, sensitivity: 2)),
        event(.discreteLaplace(lambda: 0.5, sensitivity: 1)),
        event(.skellam(variance: 100, l1Sensitivity: 10, l2Sensitivity: 3)),
        event(.randomizedResponse(noise: 0.5, categories: 2)), event(.zeroConcentrated(rho: 0.1)),
        event(.fixedSizeSampled(sourceSize: 1000, sampleSize: 10, gaussian)),
        event(.truncatedPoissonSampled(datasetSize: 1000, rate: 0.01, limit: 20, gaussian)),
        event(.treeAggregation(noiseMultiplier: 5, steps: [128, 7])),
        event(
          .bandedMatrix(noiseMultiplier: 4, columnNorm: 1, bands: 8, separation: 16, participations: 4)),
        .nonPrivate, .nothing,
      ]))
  }()

  @Test func `what is written is read again`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let bytes = try encoder.encode(Self.all)
    #expect(try JSONDecoder().decode(PrivacyEvent.self, from: bytes) == Self.all)
    guard case .composed(let parts) = Self.all.kind else { return #expect(Bool(false)) }
    for event in parts {
      #expect(try JSONDecoder().decode(PrivacyEvent.self, from: encoder.encode(event)) == event)
    }
    let sampled = try PrivacyEvent(.poissonSampled(rate: 0.5, PrivacyEvent(.gaussian(noiseMultiplier: 2))))
    #expect(
      String(decoding: try encoder.encode(sampled), as: UTF8.self)
        == #"{"poissonSampled":{"event":{"gaussian":{"noiseMultiplier":2}},"rate":0.5},"version":1}"#)
  }

  @Test(arguments: [
    #"{"version": 1}"#,
    #"{"gaussian": {"noiseMultiplier": 1}}"#,
    #"{"version": 2, "gaussian": {"noiseMultiplier": 1}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": 1, "noise": 2}}"#,
    #"{"version": 1, "gaussian": {}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": "1"}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": 0}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": -1}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": 1e999}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": NaN}}"#,
    #"{"version": 1, "gaussain": {"noiseMultiplier": 1}}"#,
    #"{"version": 1, "gaussian": {"noiseMultiplier": 1}, "laplace": {"scale": 1}}"#,
    #"{"version": 1, "nonPrivate": {"really": true}}"#,
    #"{"version": 1, "poissonSampled": {"rate": 1.5, "event": {"gaussian": {"noiseMultiplier": 1}}}}"#,
    #"{"version": 1, "poissonSampled": {"rate": -0.1, "event": {"gaussian": {"noiseMultiplier": 1}}}}"#,
    #"{"version": 1, "poissonSampled": {"rate": 0.1, "event": {"version": 1, "gaussian": {"noiseMultiplier": 1}}}}"#,
    #"{"version": 1, "poissonSampled": {"rate": 0.1}}"#,
    #"{"version": 1, "repeated": {"times": 0, "event": {"gaussian": {"noiseMultiplier": 1}}}}"#,
    #"{"version": 1, "repeated": {"times": 1.5, "event": {"gaussian": {"noiseMultiplier": 1}}}}"#,
    #"{"version": 1, "composed": [{"gaussian": {"noiseMultiplier": 1}, "comment": "x"}]}"#,
    #"{"version": 1, "composed": {"gaussian": {"noiseMultiplier": 1}}}"#,
    #"{"version": 1, "fixedSizeSampled": {"sourceSize": 10, "sampleSize": 11, "event": {"laplace": {"scale": 1}}}}"#,
    #"{"version": 1, "skellam": {"variance": 1, "l1Sensitivity": 1, "l2Sensitivity": 2}}"#,
    #"{"version": 1, "randomizedResponse": {"noise": 0.5, "categories": 1}}"#,
    #"{"version": 1, "treeAggregation": {"noiseMultiplier": 1, "steps": []}}"#,
    #"{"version": 1, "bandedMatrix": {"noiseMultiplier": 1, "columnNorm": 1, "bands": 9, "separation": 8, "participations": 2}}"#,
    "[]", "null", "",
  ])
  func `what is not an event is refused`(_ text: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(PrivacyEvent.self, from: Data(text.utf8))
    }
  }

  @Test func `a number that is none is refused however it comes`() {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    for word in ["inf", "-inf", "nan"] {
      let text = #"{"version": 1, "gaussian": {"noiseMultiplier": "\#(word)"}}"#
      let error = #expect(throws: PrivacyError.self) {
        try decoder.decode(PrivacyEvent.self, from: Data(text.utf8))
      }
      #expect(error?.code == .invalid)
    }
    #expect(throws: PrivacyError.self) { try PrivacyEvent(.gaussian(noiseMultiplier: .nan)) }
    #expect(throws: PrivacyError.self) { try PrivacyEvent(.poissonSampled(rate: .nan, .nothing)) }
    #expect(throws: PrivacyError.self) { try PrivacyEvent(.poissonSampled(rate: 1.000001, .nothing)) }
  }

  @Test func `what is nested too deep or too wide is refused`() throws {
    func nested(_ depth: Int) -> Data {
      Data(
        (#"{"version": 1, "#
          + String(repeating: #""repeated": {"times": 2, "event": {"#, count: depth - 1)
          + #""laplace": {"scale": 1}"# + String(repeating: "}}", count: depth - 1) + "}").utf8)
    }
    #expect(try JSONDecoder().decode(PrivacyEvent.self, from: nested(32)).depth == 32)
    for depth in [33, 200] {
      #expect(throws: PrivacyError.self) { try JSONDecoder().decode(PrivacyEvent.self, from: nested(depth)) }
    }
    // Beyond what JSON's own parser takes.
    #expect(throws: (any Error).self) { try JSONDecoder().decode(PrivacyEvent.self, from: nested(100_000)) }

    func wide(_ count: Int) -> Data {
      let items = repeatElement(#"{"laplace": {"scale": 1}}"#, count: count).joined(separator: ",")
      return Data(#"{"version": 1, "composed": [\#(items)]}"#.utf8)
    }
    #expect(try JSONDecoder().decode(PrivacyEvent.self, from: wide(9999)).nodes == 10_000)
    #expect(throws: PrivacyError.self) { try JSONDecoder().decode(PrivacyEvent.self, from: wide(10_000)) }
    #expect(throws: PrivacyError.self) {
      try PrivacyEvent(.composed([PrivacyEvent](repeating: .nothing, count: 10_000)))
    }
  }

  @Test func `repetitions that cannot be counted are refused`() throws {
    var event = try PrivacyEvent(.laplace(scale: 1))
    for _ in 0..<4 { event = try repeated(event, 1 << 40) }
    let endless = event
    #expect(throws: PrivacyError.self) {
      try RenyiAccountant.standard.epsilon(of: endless, delta: 1e-5, relation: .addOrRemoveOne)
    }
  }
}
