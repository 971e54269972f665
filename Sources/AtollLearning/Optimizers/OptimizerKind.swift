/// The optimizers that a participant can train with.
public enum OptimizerKind: Hashable, Codable, Sendable {
  /// Stochastic gradient descent; with a full batch, gradient descent. Momentum 0 is plain.
  case sgd(momentum: Float = 0, nesterov: Bool = false)
  /// Duchi, Hazan & Singer 2011.
  case adagrad(epsilon: Float = 1e-10)
  /// Kingma & Ba 2015, Algorithm 1.
  case adam(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
  /// Loshchilov & Hutter 2019, Algorithm 2, with α = 1 and the learning rate as its schedule multiplier η: weights
  /// shrink by learning rate · decay each step, apart from the gradient (as PyTorch and Keras do it).
  case adamW(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0.01)
}

/// How the learning rate changes from round to round (rounds count from 0).
public enum LearningRateSchedule: Hashable, Codable, Sendable {
  /// Always the full rate.
  case constant
  /// Multiplied by `factor` every `every` rounds.
  case step(every: Int, factor: Double)
  /// Multiplied by `factor` each round.
  case exponential(factor: Double)
  /// From the full rate in round 0 to `minimum`·rate in the last (Loshchilov & Hutter 2017, without restarts).
  case cosine(minimum: Double)
  /// rate / (1 + decay·round)
  case inverseTime(decay: Double)
  /// Rises linearly over the first `rounds`, then follows the other schedule.
  indirect case warmup(rounds: Int, then: LearningRateSchedule)
}
