import Foundation
import Testing

@Suite struct PrivacyCommandTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  private func event(_ arguments: String...) throws -> [String: Any] {
    let ended = try Program.run(["privacy"] + arguments + ["--json"], in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    return try #require(ended.events().first)
  }

  @Test func `the exact ε of normal noise is Balle and Wang's`() throws {
    // Φ(Δ/2σ − εσ/Δ) − e^ε Φ(−Δ/2σ − εσ/Δ) = δ at σ/Δ = 1.
    let event = try event("epsilon", "--noise-multiplier", "1", "--delta", "1e-5")
    #expect(event["event"] as? String == "epsilon")
    #expect(event["accountant"] as? String == "gaussian")
    let epsilon = try #require(event["epsilon"] as? Double)
    #expect(abs(epsilon - 4.3772) < 1e-3)
  }

  @Test func `a sampled mechanism lies between the bounds of another library`() throws {
    // dp_epsilon.json: q 256/60000, z 1.1, 14,062 steps; PRV 2.3715 to 2.3917, connect the dots 2.3817.
    let event = try event(
      "epsilon", "--noise-multiplier", "1.1", "--sampling-rate", "0.004266666666666667", "--steps", "14062",
      "--delta", "1e-5")
    #expect(event["accountant"] as? String == "pld")
    let epsilon = try #require(event["epsilon"] as? Double)
    let lower = try #require(event["epsilon_lower"] as? Double)
    #expect(epsilon > 2.3715 && epsilon < 2.3830)
    #expect(lower <= epsilon && lower > 2.3715)
    let loose = try self.event(
      "epsilon", "--noise-multiplier", "1.1", "--sampling-rate", "0.004266666666666667", "--steps", "14062",
      "--delta", "1e-5", "--accountant", "rdp")
    #expect(try #require(loose["epsilon"] as? Double) > epsilon)
    #expect(loose["epsilon_lower"] is NSNull)
  }

  @Test func `noise that was found keeps the promise, and a little less would not`() throws {
    let found = try event(
      "noise", "--epsilon", "2", "--delta", "1e-5", "--sampling-rate", "0.01", "--steps", "500")
    let noise = try #require(found["noise_multiplier"] as? Double)
    #expect(try #require(found["epsilon"] as? Double) <= 2)
    let less = try event(
      "epsilon", "--noise-multiplier", "\(noise * 0.999)", "--delta", "1e-5", "--sampling-rate", "0.01",
      "--steps", "500")
    #expect(try #require(less["epsilon"] as? Double) > 2)
  }

  @Test(
    arguments: [
      (["--mechanism", "laplace", "--noise-multiplier", "2", "--delta", "0"], 0.5),
      (
        ["--mechanism", "discrete-laplace", "--noise-multiplier", "2", "--sensitivity", "3", "--delta", "0"],
        0.5
      ),
      (
        [
          "--mechanism", "randomized-response", "--noise-multiplier", "0.5", "--categories", "2", "--delta",
          "0",
        ],
        1.0986122886681098
      ),
    ])
  func `mechanisms without δ have their closed form`(_ arguments: [String], _ epsilon: Double) throws {
    let ended = try Program.run(
      ["privacy", "epsilon"] + arguments + ["--json"], in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try #require(ended.events().first?["epsilon"] as? Double)
    #expect(abs(found - epsilon) < 1e-9)
  }

  @Test func `every mechanism answers, and more of it gives away more`() throws {
    let mechanisms = [
      ["gaussian"], ["laplace"], ["discrete-gaussian"], ["discrete-laplace"], ["skellam"], ["tree"],
    ]
    for mechanism in mechanisms {
      let once = try event(
        "epsilon", "--mechanism", mechanism[0], "--noise-multiplier", "4", "--delta", "1e-5")
      let often = try event(
        "epsilon", "--mechanism", mechanism[0], "--noise-multiplier", "4", "--delta", "1e-5", "--steps", "8")
      let (few, many) = (
        try #require(once["epsilon"] as? Double), try #require(often["epsilon"] as? Double)
      )
      #expect(few > 0 && many > few, "\(mechanism)")
    }
  }

  @Test func `events are read from a file, and what is wrong with one is told with its name`() throws {
    try folder.write(
      """
      {"version": 1, "repeated": {"times": 1000, "event": {"poissonSampled": {"rate": 0.01,
        "event": {"gaussian": {"noiseMultiplier": 1.1}}}}}}
      """, to: "events.json")
    let read = try event("epsilon", "--events", "events.json", "--delta", "1e-5")
    let typed = try event(
      "epsilon", "--noise-multiplier", "1.1", "--sampling-rate", "0.01", "--steps", "1000", "--delta", "1e-5")
    #expect(read["epsilon"] as? Double == typed["epsilon"] as? Double)

    let faults = [
      ("{", "it is no JSON"), ("{}", "“version” is missing"),
      (#"{"version": 1, "gaussian": {"noiseMultiplier": -1}}"#, "noise multiplier"),
      (#"{"version": 1, "gaussian": {"noise": 1}}"#, "noise"),
      (#"{"version": 1, "gaussian": {"noiseMultiplier": "1"}}"#, "noiseMultiplier"),
      (#"{"version": 2, "gaussian": {"noiseMultiplier": 1}}"#, "version 2"),
    ]
    for (text, words) in faults {
      try folder.write(text, to: "broken.json")
      let ended = try Program.run(
        "privacy", "epsilon", "--events", "broken.json", "--delta", "1e-5", in: folder)
      #expect(ended.status == 65, "\(text)")
      #expect(ended.errors.hasPrefix("error: broken.json: "), "\(ended.errors)")
      #expect(ended.errors.contains(words), "\(ended.errors)")
    }
  }

  @Test func `what no accountant can prove is refused by name`() throws {
    let ended = try Program.run(
      "privacy", "epsilon", "--mechanism", "tree", "--noise-multiplier", "4", "--steps", "8", "--delta",
      "1e-5",
      "--relation", "replace-one", in: folder)
    #expect(ended.status != 0)
    #expect(ended.errors.contains("replace-one"), "\(ended.errors)")
  }

  @Test(
    arguments: [
      ["epsilon", "--noise-multiplier", "-1", "--delta", "1e-5"],
      ["epsilon", "--noise-multiplier", "1", "--delta", "2"],
      ["epsilon", "--noise-multiplier", "1", "--sampling-rate", "1.5", "--delta", "1e-5"],
      ["epsilon", "--noise-multiplier", "1", "--sampling-rate", "nan", "--delta", "1e-5"],
      ["epsilon", "--noise-multiplier", "1", "--steps", "0", "--delta", "1e-5"],
      ["epsilon", "--delta", "1e-5"],
      ["epsilon", "--noise-multiplier", "1", "--source-size", "10", "--delta", "1e-5"],
      ["noise", "--epsilon", "0", "--delta", "1e-5"],
      ["noise", "--epsilon", "1", "--delta", "0"],
    ])
  func `impossible parameters are a wrongly typed command`(_ arguments: [String]) throws {
    let ended = try Program.run(["privacy"] + arguments, in: folder)
    #expect(ended.status == 64)
    #expect(ended.errors.contains("rror: "), "\(ended.errors)")
  }

  @Test func `people read the promise rounded up, and what it rests on`() throws {
    let ended = try Program.run(
      "privacy", "epsilon", "--noise-multiplier", "1.1", "--sampling-rate", "0.01", "--steps", "1000",
      "--delta", "1e-5", in: folder)
    #expect(ended.status == 0)
    #expect(ended.lines.first?.hasPrefix("ε ") == true)
    #expect(ended.output.contains("add-or-remove-one"))
    #expect(ended.output.contains("its own secret coin"))
  }
}
