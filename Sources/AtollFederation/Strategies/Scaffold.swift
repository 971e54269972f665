public import AtollNumerics
import AtollTraining

/// SCAFFOLD: control variates correct each participant's drift away from the common objective.
///
/// Karimireddy, Kale, Mohri, Reddi, Stich & Suresh, "SCAFFOLD: stochastic controlled averaging for federated learning",
/// ICML 2020, Algorithm 1 with option II: a participant steps along g − cᵢ + c, then
/// cᵢ⁺ = cᵢ − c + (x − y) / (K·η). The server adds the mean change to the model, scaled by its own learning rate, and
/// Σ(cᵢ⁺ − cᵢ) / N to c. As there, every participant counts once, whatever its number of rows: the objective is the mean
/// of the participants' losses. cᵢ never leaves; it is remembered by the participant when the exchange is committed.
public struct Scaffold: Strategy, Hashable {
  /// η of the server.
  public let learningRate: Double
  private var control: ParameterSet?

  public var weighting: Weighting { .equal }
  public var rule: ControlledTraining { ControlledTraining(control: control) }

  public init(learningRate: Double = 1) { self.learningRate = learningRate }

  public mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    model.add(try result.mean(.update).map { learningRate * $0 })
    var control = control ?? ParameterSet(zeros: model.layout)
    let population = Double(result.population)
    control.add(result.sum(.control).map { $0 / population })
    self.control = control
  }
}

/// The participant's half of ``Scaffold``.
public struct ControlledTraining: LocalRule {
  public static let kind = "controlled"
  private static let stateKey = "scaffold.control"

  /// The server's control variate c; nil in the first round, when it is zero.
  public let control: ParameterSet?

  public init(control: ParameterSet?) { self.control = control }

  public func extraSums(count: Int, format: FixedPoint) -> [SumSpec] {
    [SumSpec(.control, count: count, format: format)]
  }

  public func update(_ session: inout LocalSession) throws -> LocalUpdate {
    let count = session.start.values.count
    let zeros = [Float](repeating: 0, count: count)
    let common = control?.values ?? zeros
    let own = session.state.floats(Self.stateKey, count: count) ?? zeros
    let correction = ParameterSet(layout: session.start.layout, values: zip(common, own).map { $0 - $1 })
    let trained = try session.train(correction: .control(correction))
    let change = trained.change(from: session.start)
    let scale = -1 / (Double(trained.steps) * session.learningRate)
    let next = change.indices.map { Float(Double(own[$0]) - Double(common[$0]) + Double(change[$0]) * scale) }
    session.state.keep(next, as: Self.stateKey)
    return LocalUpdate(update: change, extras: [.control: zip(next, own).map { $0 - $1 }])
  }
}

extension SumSpec.Name {
  /// Σ of the changes of the participants' control variates.
  public static let control = Self(rawValue: "control")
}
