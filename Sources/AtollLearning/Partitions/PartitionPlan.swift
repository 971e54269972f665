/// How one pooled data set is split among simulated participants, for research.
public enum PartitionPlan: Hashable, Codable, Sendable {
  /// Shuffled, then cut into equal parts.
  case iid(participants: Int)
  /// Label skew: each class is shared out by a Dirichlet draw (Hsu, Qi & Brown 2019). Small alpha, strong skew.
  case dirichlet(participants: Int, alpha: Double)
  /// Sizes follow a Dirichlet draw; labels stay alike.
  case quantity(participants: Int, alpha: Double)
  /// Sorted by label and cut into shards; each participant gets `perParticipant` of them (McMahan et al. 2017).
  case shards(participants: Int, perParticipant: Int)
  /// Sorted by a numeric feature and cut into equal parts.
  case feature(participants: Int, column: String)
  /// One participant for each value of a column.
  case column(String)
}
