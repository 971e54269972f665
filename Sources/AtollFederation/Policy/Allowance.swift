/// What a policy allows of many things: all of them, or those that it names.
public enum Allowance<Element: Hashable & Sendable>: Hashable, Sendable {
  /// Whatever is asked for.
  case any
  /// These and nothing else.
  case only([Element])

  /// What holds where a policy says nothing.
  public static var nothing: Allowance { .only([]) }

  /// Whether a thing is among those allowed.
  public func allows(_ element: Element) -> Bool {
    if case .only(let elements) = self { elements.contains(element) } else { true }
  }

  /// Whether nothing at all is allowed.
  public var isEmpty: Bool { self == .nothing }
}

/// The most that a policy allows.
public enum Limit<Amount: Numeric & Comparable & Hashable & Sendable>: Hashable, Sendable {
  /// However much is asked for.
  case any
  /// So much and no more.
  case atMost(Amount)

  /// What holds where a policy says nothing.
  public static var nothing: Limit { .atMost(.zero) }

  /// Whether so much is allowed.
  public func allows(_ amount: Amount) -> Bool {
    if case .atMost(let most) = self { amount <= most } else { true }
  }
}
