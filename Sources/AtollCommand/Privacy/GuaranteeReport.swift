import AtollNumerics
import AtollPrivacy

extension PrivacyGuarantee {
  /// The guarantee for programs.
  var fields: [String: JSON] {
    [
      // Null where nothing is promised.
      "epsilon": .number(epsilon), "epsilon_lower": epsilonLower.map { .number($0) } ?? .null,
      "delta": .number(delta), "accountant": .string(method.rawValue), "relation": .string("\(relation)"),
      "unit": .string(unit.rawValue), "assumptions": .array(assumptions.map { .string($0) }),
    ]
  }

  /// The guarantee for people, below its first line.
  var rows: [(String, StyledText)] {
    var rows: [(String, StyledText)] = [
      ("protects", "\(protects)"),
      ("proved by", "\(accountant), --accountant \(method.rawValue)"),
    ]
    if let epsilonLower, epsilonLower < epsilon {
      rows.append(("at least", "ε \(Self.rounded(epsilonLower, up: false)): no proof can promise less"))
    }
    for (place, assumption) in assumptions.enumerated() {
      rows.append((place == 0 ? "assuming" : "", "\(assumption)"))
    }
    return rows
  }

  /// ε as it may be promised: rounded up.
  var promise: String { epsilon.isFinite ? Self.rounded(epsilon, up: true) : "∞" }

  /// In four decimals, never to the better side.
  private static func rounded(_ value: Double, up: Bool) -> String {
    // A figure that has four decimals stays what it is.
    let unit = 10_000.0
    let nearest = (value * unit).rounded() / unit
    if nearest == value { return Figure.fixed(value, 4) }
    return Figure.fixed((value * unit).rounded(up ? .up : .down) / unit, 4)
  }

  private var protects: String {
    let whose = unit == .record ? "each row" : "all that one participant has"
    switch relation {
    case .addOrRemoveOne: return "\(whose), whether it is there or not (add-or-remove-one)"
    case .replaceOne: return "\(whose), whatever else it could be (replace-one)"
    case .zeroOut: return "\(whose), whether it says anything or not (zero-out)"
    }
  }

  private var method: PrivacyAccounting.Method {
    // Safe because a guarantee is proved by one of them.
    PrivacyAccounting.Method.allCases.first { $0 != .tightest && $0.accountants[0].name == accountant }!
  }
}

extension Double {
  /// In the fewest digits, without a fraction that is zero.
  var plain: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
