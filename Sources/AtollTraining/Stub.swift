public import AtollNumerics
public enum GradientCorrection: Sendable { case none, proximal(mu: Float), control(ParameterSet) }
public struct TrainedModel: Sendable { public var parameters: ParameterSet; public var steps: Int }
