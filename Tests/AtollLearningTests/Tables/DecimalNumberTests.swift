import Testing

@testable import AtollLearning

@Suite struct `Decimal numbers` {
  private func parse(_ text: String, decimal: Character = ".") -> Double {
    // In memory of its own size, so that reading beyond the text would be found by the address sanitizer.
    Array(text.utf8).withUnsafeBufferPointer { DecimalNumber.parse($0, decimal: decimal.asciiValue!) }
  }

  /// The standard library's parser rounds exactly, and is written independently.
  private func check(_ text: String) {
    let (ours, standard) = (parse(text), Double(text)!)
    #expect(ours.bitPattern == standard.bitPattern, "\(text): \(ours) against \(standard)")
  }

  @Test func `a hundred thousand random numbers are rounded as the standard library rounds them`() {
    var random = LCG(state: 7)
    for _ in 0..<100_000 {
      var text = ["", "-", "+"][random.below(3)]
      let (whole, fraction) = (random.below(22), random.below(24))
      for _ in 0..<whole { text += String(random.below(10)) }
      if fraction > 0 || whole == 0 {
        text += "."
        for _ in 0..<max(fraction, 1) { text += String(random.below(10)) }
      }
      if random.below(4) == 0 {
        text += ["e", "E"][random.below(2)] + ["", "-", "+"][random.below(3)] + String(random.below(40))
      }
      check(text)
    }
  }

  @Test func `the shortest text of a random double reads back as that double`() {
    var random = LCG(state: 8)
    for _ in 0..<100_000 {
      let exponent = UInt64(1023 - 60 + random.below(120))
      let value = Double(bitPattern: exponent << 52 | random.next() & 0xF_FFFF_FFFF_FFFF)
      #expect(parse(DecimalNumber.text(value)).bitPattern == value.bitPattern)
      let any = Double(bitPattern: random.next() << 16 ^ random.next())
      if any.isFinite { #expect(parse(DecimalNumber.text(any)).bitPattern == any.bitPattern) }
    }
  }

  /// Halfway cases and edges of the exact roads; the first group from Clinger 1990 and from the test data of
  /// D. Lemire's fast_float (`2^53 ± 1/2` and their like).
  @Test(arguments: [
    "9007199254740993", "9007199254740992", "9007199254740991", "9007199254740993.0", "9007199254740995e0",
    "9007199254740993e1", "9007199254740993e-1", "900719925474099.3", "0.9007199254740993",
    "1e22", "1e23", "1e27", "1e28", "1e-22", "1e-23", "1e-27", "1e-28", "9999999999999999999",
    "18446744073709551615", "18446744073709551616", "0.1", "0.2", "0.3", "2.2250738585072011e-308",
    "2.2250738585072014e-308", "4.9406564584124654e-324", "2.4703282292062327e-324", "1.7976931348623157e308",
    "0", "-0", "0.0", "-0.0", "00000000000000000000000000001", "0.00000000000000000000000000001", "1.", ".5",
    "+1", "1e+0", "1E-0", "123456789012345678901234567890", "8.5070591730234615865843651857942052864e37",
    "12345678", "123456789", "1234567890123456", "12345678901234567", "-2345678", "-234567890123456",
    "1234567.",
    ".1234567", "12345678.9012345", "-1234567.8901234", "1e99999", "0e99999", "1e-99999",
  ])
  func `edges are rounded exactly`(_ text: String) {
    check(text)
  }

  @Test(arguments: [
    "", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e5.5", "1.2.3", "--1", "1-", "1 2", "0x10", "1_000",
    "1,000",
    "inf", "nan", "NaN", "Infinity", "1f", "٣", "½", "1é", "12345678x", "x2345678", "1234567890123456x",
    "12.45.78", "........", "1234567-", "12:45678", "12/45678", "-........", "................", "1é2",
  ])
  func `other texts are no numbers`(_ text: String) {
    #expect(parse(text).isNaN)
  }

  @Test func `single odd bytes are no numbers in any place`() {
    for count in 1...20 {
      for place in 0..<count {
        for byte in UInt8.min...UInt8.max where !(48...57 ~= byte) {
          var bytes = [UInt8](repeating: UInt8(ascii: "7"), count: count)
          bytes[place] = byte
          let value = bytes.withUnsafeBufferPointer { DecimalNumber.parse($0, decimal: UInt8(ascii: ".")) }
          let text = String(decoding: bytes, as: UTF8.self)
          let isNumber = "+-.eE".utf8.contains(byte) && Double(text) != nil
          #expect(value.isNaN != isNumber, "\(text)")
          if isNumber { #expect(value == Double(text)) }
        }
      }
    }
  }

  @Test func `what stands before a number does not matter`() {
    for text in [
      "7", "-1", ".5", "12.75", "-0.25", "1234567.", "-12345678.90123", "1234567890.12345", "1x", "--1",
    ] {
      let expected = parse(text)
      for byte in [UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ","), 0, 0xFF] {
        for lead in 0...20 {
          let bytes = [UInt8](repeating: byte, count: lead) + Array(text.utf8)
          let value = bytes.withUnsafeBufferPointer {
            DecimalNumber.parse(
              UnsafeBufferPointer(rebasing: $0[lead...]), lead: lead, decimal: UInt8(ascii: "."))
          }
          #expect(value == expected || value.isNaN && expected.isNaN, "\(text) after \(lead) of \(byte)")
        }
      }
    }
  }

  @Test func `a decimal comma takes the point's place`() {
    #expect(parse("12,4", decimal: ",") == 12.4)
    #expect(parse("-0,30000000000000004", decimal: ",") == -0.30000000000000004)
    #expect(parse("12345678901234567890,5", decimal: ",") == 12345678901234567890.5)
    #expect(parse("12.4", decimal: ",").isNaN)
    #expect(parse("12345678901234567890.5", decimal: ",").isNaN)
  }

  @Test
  func `numbers of every length, sign and place of the mark are read as the standard library reads them`() {
    var random = LCG(state: 9)
    for count in 1...17 {
      for sign in ["", "-", "+"] {
        for mark in 0...count {
          var digits = (0..<count).map { _ in String(random.below(10)) }
          check(sign + digits.joined())
          digits.insert(".", at: mark)
          check(sign + digits.joined())
          let twice = digits.joined() + "."
          #expect(parse(sign + twice).isNaN, "\(sign)\(twice)")
          if !sign.isEmpty { #expect(parse(sign + "-" + digits.joined()).isNaN) }
        }
      }
    }
  }
}
