import AtollFederation
import AtollNumerics
import Testing

@Suite struct UpdateProtectionTests {
  struct Ask: Query {
    static let kind = "ask"
    var reply: ReplyShape { .sums([]) }
  }

  func spec(weighted: Bool = false) throws -> SumSpec {
    SumSpec(
      .update, count: 3, format: try FixedPoint(fractionBits: 8, bound: 4, weightCap: 10), weighted: weighted)
  }

  func protect(
    _ numbers: [Float], weight: Int = 1, by protection: UpdateProtection = .none, weighted: Bool = false
  ) throws -> [Int64] {
    let contribution = Contribution(weight: weight, sums: [.update: .floats(numbers)])
    return try protection.protect(contribution, as: [spec(weighted: weighted)], of: Ask()).vectors[0].elements
  }

  func failure(_ body: () throws -> Void) -> RunFailure? {
    do {
      try body()
      return nil
    } catch { return error as? RunFailure }
  }

  @Test func `numbers become multiples of the unit, times the weight`() throws {
    #expect(try protect([1, -0.5, 0.001953125]) == [256, -128, 0], "half a unit rounds to even")
    #expect(try protect([1, -0.5, 0], weight: 10, weighted: true) == [2560, -1280, 0])
  }

  @Test func `a long update is shortened to the norm, a short one is left`() throws {
    let clip = try UpdateProtection(clip: 1.5, of: [.update])
    #expect(try protect([1, 2, 2], by: clip) == [128, 256, 256])
    #expect(try protect([0.5, 1, 1], by: clip) == [128, 256, 256])
    #expect(try protect([0.25, 0, 0], by: clip) == [64, 0, 0])
  }

  @Test func `an update beyond the range is refused, with the element and what to do`() {
    let failure = failure { _ = try protect([0, 5, 0]) }
    #expect(failure?.code == .outOfRange)
    #expect(failure?.description.contains("update[1]") == true)
    #expect(failure?.hint?.contains("protection.clip") == true)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `numbers that are not finite are a divergence, clipped or not`(number: Float) throws {
    let clip = try UpdateProtection(clip: 1, of: [.update])
    #expect(failure { _ = try protect([0, 0, number]) }?.code == .diverged)
    #expect(failure { _ = try protect([0, 0, number], by: clip) }?.code == .diverged)
  }

  @Test func `a weight above the cap is refused`() {
    #expect(
      failure { _ = try protect([0, 0, 0], weight: 11, weighted: true) }?.hint?.contains("weight-cap") == true
    )
  }

  @Test func `missing, superfluous and misshapen sums are refused`() throws {
    let spec = try spec()
    for sums in [[:], [.update: .floats([1, 2])], [.update: .floats([1, 2, 3]), .control: .floats([1])]]
      as [[SumSpec.Name: Contribution.Numbers]]
    {
      let failure = failure {
        _ = try UpdateProtection.none.protect(Contribution(sums: sums), as: [spec], of: Ask())
      }
      #expect(failure?.code == .shape)
    }
  }

  @Test func `a clip that is not positive cannot be built`() {
    for clip in [0, -1, .nan, .infinity] as [Double] {
      #expect(failure { _ = try UpdateProtection(clip: clip, of: [.update]) }?.code == .outOfRange)
    }
  }

  @Test func `integers are checked against the bound as well`() throws {
    let spec = try spec()
    let lawful = try UpdateProtection.none.protect(
      Contribution(sums: [.update: .integers([1024, -1024, 3])]), as: [spec], of: Ask())
    #expect(lawful.vectors[0].elements == [1024, -1024, 3])
    let failure = failure {
      _ = try UpdateProtection.none.protect(
        Contribution(sums: [.update: .integers([1025, 0, 0])]), as: [spec], of: Ask())
    }
    #expect(failure?.code == .outOfRange)
  }
}
