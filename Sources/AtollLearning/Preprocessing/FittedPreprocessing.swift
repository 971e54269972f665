/// How a table becomes the numbers that a model was trained on: part of the model, so that a prediction needs nothing
/// else.
public struct FittedPreprocessing: Hashable, Codable, Sendable {
  /// One column and what becomes of it.
  public struct Feature: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// For people; nil when none was declared.
    public let unit: String?
    /// How it becomes numbers.
    public internal(set) var transform: Transform
  }

  /// How a column becomes numbers.
  public enum Transform: Hashable, Codable, Sendable {
    /// One output.
    case number(FittedNumber)
    /// One output that every site scales by its own rows: see ``FittedPreprocessing/localized(to:rows:)``.
    case siteNumber(minimum: Double?, maximum: Double?)
    /// One output for each level.
    case category(FittedCategory)
  }

  /// What was asked for.
  public let plan: PreprocessingPlan
  /// In the order of the outputs.
  public internal(set) var features: [Feature]
  /// What is predicted.
  public let label: FeatureSchema.Label
  /// The unit of a label of numbers; nil where classes are predicted.
  public let target: FittedTarget?
  /// Rows with one value in this column stay on one side of a split.
  public let group: String?
  /// Columns that the model does not see, and why.
  public let leftOut: [FeatureSchema.LeftOut]
  /// Training rows of all participants that count; 0 where nobody counted, because everything is declared.
  public let trainingRows: Int
  /// Training rows left out because a value is missing.
  public let incompleteRows: Int
  /// Training rows of each class, for class weights; empty for regression, and where nobody counted.
  public let classRows: [Int]

  /// Names of the outputs: a number's column, or column and level as `thal=3`.
  public var outputNames: [String] {
    features.flatMap { feature in
      switch feature.transform {
      case .number, .siteNumber: [feature.column]
      case .category(let category): category.outputs.map { "\(feature.column)=\($0)" }
      }
    }
  }

  /// Number of outputs: the inputs of a model.
  public var outputCount: Int { features.reduce(0) { $0 + $1.transform.outputCount } }

  /// A model's output for a label of numbers, in the label's own unit.
  public func labelValue(of output: Double) -> Double { target?.labelValue(of: output) ?? output }
}

extension FittedPreprocessing.Transform {
  var outputCount: Int {
    switch self {
    case .number, .siteNumber: 1
    case .category(let category): category.outputs.count
    }
  }
}

/// A fitted column of numbers: (clip(x), or what stands for a missing one, − offset) / divisor.
public struct FittedNumber: Hashable, Codable, Sendable {
  /// What stands for a missing value; nil where rows with one are left out.
  public internal(set) var fill: Double?
  /// What is subtracted.
  public private(set) var offset = 0.0
  /// Never zero: a column without spread is only shifted.
  public private(set) var divisor = 1.0
  /// Smaller numbers count as this one.
  public let minimum: Double?
  /// Larger numbers count as this one.
  public let maximum: Double?

  init(fill: Double?, minimum: Double?, maximum: Double?) {
    self.fill = fill
    self.minimum = minimum
    self.maximum = maximum
  }

  mutating func scale(offset: Double, divisor: Double) {
    self.offset = offset
    self.divisor = divisor > 0 && divisor.isFinite ? divisor : 1
  }

  /// From -1 to 1 between the bounds; as it is where one is missing.
  mutating func scaleToBounds() {
    guard let minimum, let maximum else { return }
    // Halves first: the sum of two large bounds may be infinite.
    scale(offset: minimum / 2 + maximum / 2, divisor: maximum / 2 - minimum / 2)
  }

  private enum CodingKeys: CodingKey { case fill, offset, divisor, minimum, maximum }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    fill = try container.decodeIfPresent(Double.self, forKey: .fill)
    offset = try container.decode(Double.self, forKey: .offset)
    divisor = try container.decode(Double.self, forKey: .divisor)
    minimum = try container.decodeIfPresent(Double.self, forKey: .minimum)
    maximum = try container.decodeIfPresent(Double.self, forKey: .maximum)
    guard divisor > 0, [fill, offset, divisor, minimum, maximum].allSatisfy({ $0?.isFinite ?? true }),
      minimum ?? -.infinity <= maximum ?? .infinity
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .divisor, in: container,
        debugDescription: "a column is scaled by finite numbers, and divided by one above 0")
    }
  }

  func callAsFunction(_ number: Double) -> Float {
    var number = number
    if number.isNaN {
      number = fill ?? 0
    } else if let minimum, number < minimum {
      number = minimum
    } else if let maximum, number > maximum {
      number = maximum
    }
    return Float((number - offset) / divisor)
  }
}

/// A fitted column of categories.
public struct FittedCategory: Hashable, Codable, Sendable {
  /// All levels, numbers ascending or texts in the order of their bytes.
  public let levels: [String]
  /// The level that stands for a missing value; nil where rows with one are left out, or give zeros.
  public let fill: String?
  /// Whether the first level has no output of its own.
  public let dropsFirst: Bool

  init(levels: [String], fill: String?, dropsFirst: Bool) {
    self.levels = levels
    self.fill = fill
    self.dropsFirst = dropsFirst
  }

  private enum CodingKeys: CodingKey { case levels, fill, dropsFirst }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    levels = try container.decode([String].self, forKey: .levels)
    fill = try container.decodeIfPresent(String.self, forKey: .fill)
    dropsFirst = try container.decode(Bool.self, forKey: .dropsFirst)
    guard firstRepeated(levels) == nil, fill.map(levels.contains) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .levels, in: container,
        debugDescription: "a category has its levels once each, what fills gaps among them")
    }
  }

  /// The levels with an output.
  public var outputs: [String] { dropsFirst ? Array(levels.dropFirst()) : levels }
}
