/// Figures as people read them.
package enum Figure {
  /// 21640 as `21,640`.
  package static func grouped(_ number: Int) -> String {
    (number < 0 ? "−" : "") + grouped(String(number.magnitude))
  }

  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A count and its noun: `1 round`, `20 rounds`, `2 categories`.
  package static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// With that many digits after the point, rounded half away from zero; what is not finite in words.
  package static func fixed(_ number: Double, _ decimals: Int) -> String {
    guard number.isFinite else { return number.isNaN ? "undefined" : number < 0 ? "−infinite" : "infinite" }
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (number.magnitude * scale).rounded(.toNearestOrAwayFromZero)
    guard scaled < 1e15 else { return "\(number)".replacing("-", with: "−") }
    let whole = Int(scaled)
    let digits = String(whole)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let text =
      grouped(String(padded.dropLast(decimals))) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
    return (number < 0 && whole != 0 ? "−" : "") + text
  }

  /// AUC, loss and other metrics; `–` where there is none. In a label's unit they may be large: `103,144`, `1.07e10`.
  package static func metric(_ value: Double?) -> String { metric(value, like: []) }

  /// The same with as many decimals as the largest of some figures has, for those that stand beside each other.
  package static func metric(_ value: Double?, like others: [Double?]) -> String {
    guard let value else { return "–" }
    let known = others.compactMap { $0?.magnitude }.filter(\.isFinite)
    switch max(value.magnitude, known.max() ?? 0) {
    case ..<1e3: return fixed(value, 3)
    case ..<1e5: return fixed(value, 1)
    case ..<1e7: return fixed(value, 0)
    default: return value.isFinite ? scientific(value) : fixed(value, 0)
    }
  }

  private static func scientific(_ value: Double) -> String {
    var (lead, exponent) = (value, 0)
    while lead.magnitude >= 9.995 { (lead, exponent) = (lead / 10, exponent + 1) }
    return "\(fixed(lead, 2))e\(exponent)"
  }

  /// A difference of metrics, with its sign.
  package static func change(_ value: Double, like others: [Double?] = []) -> String {
    let text = metric(value, like: others)
    return text.hasPrefix("−") ? text : "+" + text
  }

  /// `8.7 %`, the blank one that lines are not broken at.
  package static func percent(_ share: Double, _ decimals: Int = 1) -> String {
    fixed(share * 100, decimals) + "\u{A0}%"
  }

  /// `812 B`, `4.6 kB`, `1.04 MB`: powers of 1,000.
  package static func bytes(_ count: Int) -> String {
    switch Double(count) {
    case ..<1e3: "\(count)\u{A0}B"
    case ..<999_950: fixed(Double(count) / 1e3, 1) + "\u{A0}kB"
    case ..<999_950_000: fixed(Double(count) / 1e6, 1) + "\u{A0}MB"
    default: fixed(Double(count) / 1e9, 1) + "\u{A0}GB"
    }
  }

  /// `0.4 s`, `7 s`, `3 min 20 s`, `2 h 5 min`.
  package static func duration(seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    if whole < 10, seconds < 9.95 { return fixed(max(seconds, 0), 1) + "\u{A0}s" }
    return wait(seconds: whole)
  }

  /// Time left, in whole seconds: `7 s`, `9 min 59 s`, `2 h 5 min`.
  package static func wait(seconds: Int) -> String {
    switch seconds {
    case ..<60: "\(max(0, seconds))\u{A0}s"
    case ..<3_600: "\(seconds / 60)\u{A0}min\u{A0}\(seconds % 60)\u{A0}s"
    default: "\(grouped(seconds / 3_600))\u{A0}h\u{A0}\(seconds % 3_600 / 60)\u{A0}min"
    }
  }
}
