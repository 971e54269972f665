/// What is done to a table before a model sees it, as the task asks for it; fitting makes a ``FittedPreprocessing``.
public struct PreprocessingPlan: Hashable, Codable, Sendable {
  /// What stands for a missing value.
  public enum Missing: Hashable, Codable, Sendable {
    /// Numbers: the mean; categories: the most frequent one.
    case mean
    /// Numbers: the median; categories: the most frequent one.
    case median
    /// The most frequent value.
    case mostFrequent
    /// This number; categories get a level of their own.
    case constant(Double)
    /// Rows with a missing value in a used column are left out.
    case drop
  }

  /// How numbers are scaled.
  public enum Scale: String, Hashable, Codable, Sendable, CaseIterable {
    /// As they are.
    case none
    /// (x − mean) / standard deviation (with divisor n)
    case standard
    /// (x − minimum) / (maximum − minimum)
    case minMax = "min-max"
    /// (x − median) / (third quartile − first quartile)
    case robust
    /// (x − middle) / half the width of the declared bounds: from -1 to 1, and nothing is computed from rows.
    case bounds
  }

  /// What becomes of a column of categories.
  public enum Categories: String, Hashable, Codable, Sendable, CaseIterable {
    /// One column for each level.
    case oneHot = "one-hot"
    /// One column for each level but the first: no redundant column in linear models.
    case dropFirst = "drop-first"
    /// The columns are left out.
    case drop
  }

  /// Over whom statistics are taken.
  public enum Scope: String, Hashable, Codable, Sendable, CaseIterable {
    /// Over all participants, from exact sums.
    case federation
    /// By each participant over its own rows; nothing leaves. (Category levels are still the union, and a label of
    /// numbers has one unit for all, from sums: else models could not be averaged.)
    case site
  }

  /// What stands for a missing value.
  public var missing: Missing
  /// How numbers are scaled.
  public var scale: Scale
  /// What becomes of columns of categories.
  public var categories: Categories
  /// Over whom statistics are taken.
  public var scope: Scope

  public init(
    missing: Missing = .mean, scale: Scale = .standard, categories: Categories = .oneHot,
    scope: Scope = .federation
  ) {
    self.missing = missing
    self.scale = scale
    self.categories = categories
    self.scope = scope
  }
}

extension PreprocessingPlan.Missing {
  /// Whether what stands for a missing value is computed from rows.
  package var isFitted: Bool {
    switch self {
    case .mean, .median, .mostFrequent: true
    case .constant, .drop: false
    }
  }
}

extension PreprocessingPlan.Scale {
  /// Whether the scaling is computed from rows.
  package var isFitted: Bool {
    switch self {
    case .standard, .minMax, .robust: true
    case .none, .bounds: false
    }
  }
}
