/// Which pairs of data sets a guarantee tells apart: part of its statement, as ε means nothing without it.
///
/// Sensitivities, and so noise multipliers, are told under the relation of the guarantee: a sum of vectors clipped to C
/// changes by at most C when one is added, removed or put to zero, and by 2 · C when one is replaced by another.
public enum NeighboringRelation: String, Hashable, Sendable, Codable, CaseIterable {
  /// One data set has one unit more than the other.
  case addOrRemoveOne
  /// Both have the same size, one unit has other values.
  case replaceOne
  /// One unit is replaced by a unit that contributes zero; it keeps its place in samples and orders.
  case zeroOut
}

extension NeighboringRelation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .addOrRemoveOne: "add-or-remove-one"
    case .replaceOne: "replace-one"
    case .zeroOut: "zero-out"
    }
  }
}

/// Whose data a guarantee protects.
public enum PrivacyUnit: String, Hashable, Sendable, Codable, CaseIterable {
  /// One row of one participant.
  case record
  /// All that one participant has.
  case participant
}
