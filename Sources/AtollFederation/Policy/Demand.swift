import AtollLearning
import AtollNumerics
import AtollTraining

/// What a question, or a whole task, asks of a participant, in the terms of a ``Policy``.
public struct Demand: Hashable, Sendable {
  /// What a policy calls the question: `train`, `evaluate`, or the kind of a question that Atoll does not know.
  public var question: String
  /// The round that is trained, from 0.
  public var round: Int?
  /// Kind of the model that is trained or judged.
  public var model: String?
  /// Numbers in the model, where they are known.
  public var parameters: Int?
  /// The column that is predicted.
  public var label: String?
  /// The columns that are learnt from; `any`: every usable one.
  public var features = Allowance<String>.nothing
  /// The column that says which rows belong together.
  public var group: String?
  /// Whether what is learnt from has no columns: images, or other examples as they are.
  public var hasNoColumns = false
  /// What is computed of columns.
  public var computations: [Computation] = []
  /// Whether counts of which class is taken for which, and the like, are told.
  public var details = false
  /// The multiplier of the noise that the participant itself adds for each record; nil for none.
  public var recordNoise: Double?

  /// Something that is computed from columns; a policy allows it by any one of these words.
  public struct Computation: Hashable, Sendable {
    /// What it is, for people.
    public var words: String
    /// Each a rule and the word that must stand there.
    public var allowedBy: [Permission]

    public init(_ words: String, allowedBy: [Permission]) {
      self.words = words
      self.allowedBy = allowedBy
    }
  }

  /// A word of a rule under `preprocessing`.
  public enum Permission: Hashable, Sendable {
    /// What stands for a missing value.
    case missing(String)
    /// By what numbers are scaled.
    case scale(String)
    /// What becomes of categories.
    case categories(String)
  }

  /// A question about which a policy knows nothing but its kind.
  public init(question: String) { self.question = question }
}

extension Demand {
  mutating func add(_ plan: FeaturePlan) {
    label = plan.label.column
    features = plan.features.map { .only($0) } ?? .any
    group = plan.group
  }

  mutating func add(_ schema: FeatureSchema) {
    label = schema.label.column
    features = .only(schema.features.map(\.column))
    group = schema.group
  }

  mutating func add(_ preparation: Preparation) {
    guard let preprocessing = preparation.preprocessing else {
      hasNoColumns = true
      return
    }
    add(preprocessing)
  }

  mutating func add(_ preprocessing: FittedPreprocessing) {
    label = preprocessing.label.column
    features = .only(preprocessing.features.map(\.column))
    group = preprocessing.group
    add(preprocessing.plan)
  }

  /// What is computed for a plan from rows of all participants: what each computes for itself does not leave.
  mutating func add(_ plan: PreprocessingPlan) {
    if plan.scope == .federation {
      switch plan.missing {
      case .mean: computations.append(Computation("means for missing values", allowedBy: [.missing("mean")]))
      case .median:
        computations.append(Computation("medians for missing values", allowedBy: [.missing("median")]))
      case .mostFrequent:
        computations.append(
          Computation("most frequent values for missing ones", allowedBy: [.missing("most-frequent")]))
      case .constant, .drop: break
      }
      if plan.scale.isFitted {
        computations.append(
          Computation("the scaling “\(plan.scale.rawValue)”", allowedBy: [.scale(plan.scale.rawValue)]))
      }
    }
    if plan.categories != .drop {
      computations.append(
        Computation(
          "categories as “\(plan.categories.rawValue)”", allowedBy: [.categories(plan.categories.rawValue)]))
    }
  }

  /// What sums say of columns, by the names of `StatisticsQuestion`.
  mutating func add(statistics: Set<String>) {
    let known: [(String, Computation)] = [
      (
        "total",
        Computation("sums of columns", allowedBy: [.missing("mean"), .scale("standard")])
      ),
      ("spread", Computation("sums of squares of columns", allowedBy: [.scale("standard")])),
      (
        "bins",
        Computation(
          "histograms of columns", allowedBy: [.missing("median"), .scale("min-max"), .scale("robust")])
      ),
      ("values", Computation("counts of single values", allowedBy: [.missing("most-frequent")])),
      (
        "levels",
        Computation(
          "counts of categories", allowedBy: [.categories("one-hot"), .categories("drop-first")])
      ),
    ]
    computations += known.filter { statistics.contains($0.0) }.map(\.1)
  }
}

// MARK: What Atoll's own questions ask for

extension TrainQuery {
  public var demand: Demand {
    var demand = Demand(question: "train")
    demand.round = round
    demand.model = architecture.kind.name
    demand.parameters = model.layout.count
    demand.recordNoise = training.privacy?.noiseMultiplier
    demand.add(preparation)
    return demand
  }
}

extension EvaluateQuery {
  public var demand: Demand {
    var demand = Demand(question: "evaluate")
    demand.model = architecture.kind.name
    demand.parameters = model.layout.count
    demand.add(preparation)
    demand.details = details
    return demand
  }
}

extension ColumnsQuery {
  package var demand: Demand {
    var demand = Demand(question: "columns")
    demand.add(features)
    demand.add(plan)
    return demand
  }
}

extension StatisticsQuery {
  package var demand: Demand {
    var demand = Demand(question: "statistics")
    demand.add(question.schema)
    demand.add(statistics: question.computations)
    return demand
  }
}

extension InitialModelQuery {
  package var demand: Demand {
    var demand = Demand(question: "initial-model")
    demand.model = architecture.kind.name
    demand.parameters = architecture.model.layout.count
    return demand
  }
}
