/// Who may take part when, so that the event of a ``PrefixSumMechanism`` holds.
///
/// It depends on earlier participation only, never on data: under zero-out a participant keeps its place.
public enum ParticipationRule: Hashable, Codable, Sendable {
  /// Once in each epoch of so many rounds.
  case oncePerEpoch(rounds: Int, epochs: Int)
  /// So often at most, in rounds that are at least so far apart.
  case separated(by: Int, times: Int)

  /// Why a participant may not take part in a round, after so many times and the last of them; nil where it may.
  func refusal(round: Int, last: Int, times: Int) -> String? {
    switch self {
    case .oncePerEpoch(let rounds, let epochs):
      if round / rounds >= epochs {
        return "the last of \(epochs) epochs ended with round \(rounds * epochs - 1)"
      }
      return last / rounds < round / rounds
        ? nil : "it took part in round \(last), which is not of an earlier epoch"
    case .separated(let distance, let most):
      if times >= most { return "it took part \(times) times, which is as often as allowed" }
      return round - last >= distance
        ? nil : "it took part in round \(last), less than \(distance) rounds before"
    }
  }
}

extension ParticipationRule: CustomStringConvertible {
  public var description: String {
    switch self {
    case .oncePerEpoch(let rounds, let epochs): "once in each of \(epochs) epochs of \(rounds) rounds"
    case .separated(let distance, let times): "at most \(times) times, at least \(distance) rounds apart"
    }
  }
}
